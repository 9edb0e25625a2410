import type { Env } from '../env/env.ts'
import { guarded } from './diagnostics.ts'
import type { DiagnosticHook } from './diagnostics.ts'
import { ControlService } from './ControlService.ts'
import { GatewayApi } from './gatewayApi.ts'
import type { PollingConfig } from './PollingService.ts'
import { Ticker } from './ticker.ts'
import { TransportLadder } from './TransportLadder.ts'
import { WebSocketService } from './WebSocketService.ts'
import type { WebSocketServiceOptions } from './WebSocketService.ts'

export interface LiveClientOptions extends WebSocketServiceOptions {
  readonly polling?: Partial<PollingConfig>
  /** Fetch a ticket for each try from the first one on. Default: once a server has closed a socket with 4401. */
  readonly tokenRoute?: boolean
}

/**
 * Everything one page holds towards one gateway. Stores come and go (two Pinias, hot reload); this stays, so no socket is
 * opened twice.
 */
export class LiveClient {
  readonly env: Env
  readonly sockets: WebSocketService
  readonly api: GatewayApi
  readonly control: ControlService
  readonly ladder: TransportLadder
  readonly ticker: Ticker

  /** Told of everything that was dropped and survived, besides `onDiagnostic`. */
  readonly diagnostics = new Set<DiagnosticHook>()
  /** When the newest ticket was fetched, this browser's ms; null = none was. */
  ticketAt: number | null = null

  constructor(given: LiveClientOptions) {
    const onDiagnostic: DiagnosticHook = (diagnostic) => {
      for (const hook of [given.onDiagnostic, ...this.diagnostics]) guarded(hook)(diagnostic)
    }
    const options = { ...given, onDiagnostic }
    this.env = options.env
    this.api = new GatewayApi(options.env, onDiagnostic, (granted) => {
      if (granted) this.userChanged()
      else this.sockets.unauthorized()
    })
    this.control = new ControlService({ api: this.api })
    this.sockets = new WebSocketService({ ticket: this.#ticket(options.tokenRoute === true), ...options })
    this.ladder = new TransportLadder({ ...options, sockets: this.sockets, api: this.api })
    this.ticker = new Ticker(options.env, onDiagnostic)
  }

  /** Somebody signed in or out: nothing of the user before is used again, and all that is watched is asked for anew. */
  userChanged(): void {
    this.control.forgetUser()
    this.sockets.signedIn()
    this.ladder.userChanged()
  }

  #ticket(always: boolean): NonNullable<WebSocketServiceOptions['ticket']> {
    let needed = false
    return async (nodeId, refused, signal) => {
      if (!always && !needed && !refused) return null
      this.ticketAt = this.env.now()
      if (always) return this.api.websocketToken(nodeId, signal)
      // 4401 may as well mean that somebody must sign in: where no ticket is to be had, trying without one is no worse.
      const ticket = await this.api.websocketToken(nodeId, signal).catch(() => null)
      needed = ticket !== null
      return ticket
    }
  }

  /** Ends everything. Afterwards there is no timer, no listener and no socket. */
  dispose(): void {
    this.ladder.dispose()
    this.sockets.dispose()
    this.ticker.dispose()
  }
}
