import type { Env } from '../env/env.ts'
import type { DiagnosticHook } from './diagnostics.ts'
import { GatewayApi } from './gatewayApi.ts'
import { Ticker } from './ticker.ts'
import { TransportLadder } from './TransportLadder.ts'
import { WebSocketService } from './WebSocketService.ts'

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

  constructor(options: { env: Env; onDiagnostic?: DiagnosticHook }) {
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
