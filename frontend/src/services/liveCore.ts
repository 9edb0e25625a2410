import type { Env } from '../env/env.ts'
import { guarded, tellAll } from './diagnostics.ts'
import type { Diagnostic, DiagnosticHook } from './diagnostics.ts'
import { ControlService } from './ControlService.ts'
import { CsrfTokenService } from './CsrfTokenService.ts'
import { FlagReturn } from './flagReturn.ts'
import { GatewayApi } from './gatewayApi.ts'
import type { Ladder, MakeLadder } from './ladder.ts'
import type { PollingConfig } from './pace.ts'
import { Ticker } from './ticker.ts'
import { WebSocketService } from './WebSocketService.ts'
import type { WebSocketServiceOptions } from './WebSocketService.ts'

export interface LiveClientOptions extends WebSocketServiceOptions {
  readonly polling?: Partial<PollingConfig>
  /** False = nothing stands in for a socket that does not serve: its node says why, and waits. Default true. */
  readonly fallback?: boolean
  /** Fetch a ticket for each try from the first one on. Default: once a server has closed a socket with 4401. */
  readonly tokenRoute?: boolean
}

/**
 * Everything one page holds towards one gateway. Stores come and go (two Pinias, hot reload); this stays, so no socket is
 * opened twice.
 */
export class LiveCore {
  readonly env: Env
  readonly sockets: WebSocketService
  readonly api: GatewayApi
  /** One token for the page, whoever sends with it. */
  readonly csrf: CsrfTokenService
  readonly control: ControlService
  readonly ladder: Ladder
  readonly ticker: Ticker

  /** Told of everything that was dropped and survived, besides `onDiagnostic`. */
  readonly diagnostics = new Set<DiagnosticHook>()
  /** Tells them all. Never throws. */
  readonly onDiagnostic: DiagnosticHook
  /** When the newest ticket was fetched, this browser's ms, by node; null = for the common socket. */
  readonly ticketAt = new Map<string | null, number>()
  /** Sign-ins and sign-outs so far: what was answered before the newest belongs to somebody else. */
  userChanges = 0
  /** Told after each of them. */
  readonly userObservers = new Set<() => void>()
  readonly #flagReturn: FlagReturn
  readonly #ends = new Set<() => void>()
  #disposed = false

  /** @param makeLadder what stands in for a socket that does not serve: given from outside, so that a page can do without */
  constructor(given: LiveClientOptions, makeLadder: MakeLadder) {
    const onDiagnostic = this.onDiagnostic = (diagnostic: Diagnostic) => {
      for (const hook of [given.onDiagnostic, ...this.diagnostics]) guarded(hook)(diagnostic)
    }
    const options = { ...given, onDiagnostic }
    this.env = options.env
    this.api = new GatewayApi(options.env, onDiagnostic, (granted) => {
      if (granted) this.userChanged()
      else this.sockets.unauthorized()
    }, () => { this.sockets.heardSupermonNg() })
    this.csrf = new CsrfTokenService({ fetchToken: () => this.api.csrfToken() })
    this.control = new ControlService({ api: this.api, csrf: this.csrf })
    this.sockets = new WebSocketService({ ticket: this.#ticket(options.tokenRoute === true), ...options })
    this.#flagReturn = new FlagReturn({
      env: options.env,
      isSentAway: () => this.sockets.sentAway,
      comeBack: () => { this.sockets.comeBack() },
    })
    this.api.statusObservers.add((answer) => { this.#flagReturn.onAnswer(answer) })
    this.ladder = makeLadder({ ...options, sockets: this.sockets, api: this.api, onSwitchedOff: () => { this.#flagReturn.tryOut() } })
    this.ticker = new Ticker(options.env, onDiagnostic)
  }

  /** Somebody signed in or out: nothing of the user before is used again, and all that is watched is asked for anew. */
  userChanged(): void {
    this.userChanges += 1
    this.api.forgetUser()
    this.control.forgetUser()
    this.sockets.signedIn()
    this.ladder.userChanged()
    tellAll(this.userObservers, this.onDiagnostic)
  }

  #ticket(always: boolean): NonNullable<WebSocketServiceOptions['ticket']> {
    let needed = false
    return async (nodeId, refused, signal) => {
      if (!always && !needed && !refused) return null
      // 4401 may as well mean that somebody must sign in: where no ticket is to be had, trying without one is no worse.
      const asked = this.api.websocketToken(nodeId, signal)
      const ticket = await (always ? asked : asked.catch(() => undefined))
      if (ticket === undefined) return undefined
      needed = ticket !== null
      if (needed) this.ticketAt.set(nodeId, this.env.now())
      return ticket
    }
  }

  /** Is there nothing that may be opened or asked any more? */
  get disposed(): boolean {
    return this.#disposed
  }

  /** Calls `end` whenever the client ends, for what waits, watches or asks on its behalf. Returns the way out. */
  onDispose(end: () => void): () => void {
    this.#ends.add(end)
    return () => { this.#ends.delete(end) }
  }

  /** Ends everything. Afterwards there is no timer, no listener and no socket, also where a scope that uses them lives on. */
  dispose(): void {
    this.#disposed = true
    tellAll(this.#ends, this.onDiagnostic)
    this.#flagReturn.stop()
    this.ladder.dispose()
    this.sockets.dispose()
    this.ticker.dispose()
  }

  /** After `dispose`: may be used again. Nothing is opened by it. */
  revive(): void {
    this.#disposed = false
    this.sockets.revive()
    this.ladder.revive()
    this.ticker.revive()
  }
}
