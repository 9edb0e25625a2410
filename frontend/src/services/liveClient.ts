import type { Env } from '../env/env.ts'
import { GatewayApi } from './gatewayApi.ts'
import type { PollingConfig } from './PollingService.ts'
import { Ticker } from './ticker.ts'
import { TransportLadder } from './TransportLadder.ts'
import { WebSocketService } from './WebSocketService.ts'
import type { WebSocketServiceOptions } from './WebSocketService.ts'

export interface LiveClientOptions extends WebSocketServiceOptions {
  readonly polling?: Partial<PollingConfig>
}

/**
 * Everything one page holds towards one gateway. Stores come and go (two Pinias, hot reload); this stays, so no socket is
 * opened twice.
 */
export class LiveClient {
  readonly env: Env
  readonly sockets: WebSocketService
  readonly api: GatewayApi
  readonly ladder: TransportLadder
  readonly ticker: Ticker

  constructor(options: LiveClientOptions) {
    this.env = options.env
    this.sockets = new WebSocketService(options)
    this.api = new GatewayApi(options.env)
    this.ladder = new TransportLadder({ ...options, sockets: this.sockets, api: this.api })
    this.ticker = new Ticker(options.env)
  }

  /** Ends everything. Afterwards there is no timer, no listener and no socket. */
  dispose(): void {
    this.ladder.dispose()
    this.sockets.dispose()
  }
}
