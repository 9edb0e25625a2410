import type { Env } from '../env/env.ts'
import type { DiagnosticHook } from './diagnostics.ts'
import { ControlService } from './ControlService.ts'
import { CsrfTokenService } from './CsrfTokenService.ts'
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
  /** One token for the page, whoever sends with it. */
  readonly csrf: CsrfTokenService
  readonly control: ControlService
  readonly ladder: TransportLadder
  readonly ticker: Ticker

  /** Told of everything that was dropped and survived, besides `onDiagnostic`. */
  readonly diagnostics = new Set<DiagnosticHook>()
  /** When the newest ticket was fetched, this browser's ms, by node; null = for the common socket. */
  readonly ticketAt = new Map<string | null, number>()
  /** Told before everything ends: whoever has nodes watched lets go of them, and may begin again after `revive`. */
  readonly endings = new Set<() => void>()
  /** Sign-ins and sign-outs so far: what was answered before the newest belongs to somebody else. */
  userChanges = 0

  constructor(given: LiveClientOptions) {
    const onDiagnostic: DiagnosticHook = (diagnostic) => {
      given.onDiagnostic?.(diagnostic)
      for (const hook of this.diagnostics) hook(diagnostic)
    }
    const options = { ...given, onDiagnostic }
    this.env = options.env
    this.api = new GatewayApi(options.env)
    this.csrf = new CsrfTokenService({ fetchToken: () => this.api.csrfToken() })
    this.control = new ControlService({ api: this.api, csrf: this.csrf })
    this.sockets = new WebSocketService({ ticket: this.#ticket(options.tokenRoute === true), ...options })
    this.ladder = new TransportLadder({ ...options, sockets: this.sockets, api: this.api })
    this.ticker = new Ticker(options.env)
  }

  /** Somebody signed in or out: nothing of the user before is used again, and sockets that waited for a sign-in try at once. */
  userChanged(): void {
    this.userChanges += 1
    this.control.forgetUser()
    this.sockets.signedIn()
  }

  #ticket(always: boolean): NonNullable<WebSocketServiceOptions['ticket']> {
    let needed = false
    return async (nodeId, refused) => {
      if (!always && !needed && !refused) return null
      // 4401 may as well mean that somebody must sign in: where no ticket is to be had, trying without one is no worse.
      const asked = this.api.websocketToken(nodeId)
      const ticket = await (always ? asked : asked.catch(() => null))
      if (ticket !== null) this.ticketAt.set(nodeId, this.env.now())
      needed = ticket !== null
      return ticket
    }
  }

  /** Ends everything. Afterwards there is no timer, no listener and no socket. */
  dispose(): void {
    for (const end of [...this.endings]) end()
    this.ladder.dispose()
    this.sockets.dispose()
  }

  /** After `dispose`: may be used again. Nothing is opened by it. */
  revive(): void {
    this.sockets.revive()
  }
}
