import type { AmiFrameErrorCode } from './framer.ts'
import type { AmiCloseReason } from './closeReason.ts'
import { TOO_MANY } from './limitedConnect.ts'
import { printable } from '../env/printable.ts'

/** How far a session has come: each step is the state until its first sign of life. */
export type AmiSessionState = 'idle' | 'connecting' | 'greeting' | 'login' | 'live' | 'closed'

/** The sentences of one session's end. All text from outside is made printable and loses the secret. */
export class SessionReasons {
  readonly #where: string
  readonly #user: string
  readonly #secret: string

  constructor(host: string, port: number, user: string, secret: string) {
    this.#secret = secret
    this.#where = this.#quote(`${host}:${port}`, 100)
    this.#user = this.#quote(user, 40)
  }

  /** A socket error by its Node code, as far as the session had come. `asking`: see {@link closedByPeer}. */
  socketError(state: AmiSessionState, code: string, asking: string | null): AmiCloseReason {
    if (state !== 'connecting') return this.closedByPeer(state, asking)
    if (code === 'ECONNREFUSED') {
      return this.#reason(
        'refused',
        `Nothing accepts AMI connections at ${this.#where}: ` +
          'start Asterisk, or check enabled, port and bindaddr in manager.conf',
      )
    }
    if (code === TOO_MANY) {
      return this.#reason('too-many', `The session with ${this.#where} would be one too many: raise the limit amiSessions`)
    }
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
      return this.#reason('unreachable', `The name of ${this.#where} can't be resolved: check host in the settings`)
    }
    return this.#reason(
      'unreachable',
      `${this.#where} can't be reached (${this.#quote(code, 30)}): check host and network`,
    )
  }

  /** The time until the login is up, as far as the session had come. */
  loginDeadline(state: AmiSessionState, ms: number): AmiCloseReason {
    if (state === 'connecting') {
      return this.#reason(
        'unreachable',
        `${this.#where} did not accept a connection within ${seconds(ms)}: check host, network and firewall`,
      )
    }
    if (state === 'greeting') {
      return this.#reason(
        'no-greeting',
        `${this.#where} accepted the connection but sent no greeting within ${seconds(ms)}: ` +
          "check that Asterisk is well and the port is AMI's",
      )
    }
    return this.answerDeadline('the login', ms)
  }

  answerDeadline(action: string, ms: number): AmiCloseReason {
    return this.#reason(
      'no-answer',
      `Asterisk at ${this.#where} did not answer ${this.#quote(action, 30)} within ${seconds(ms)}: ` +
        'check that it is well, or restart it',
    )
  }

  /** @param asking the action that waited for its answer; null = none did */
  closedByPeer(state: AmiSessionState, asking: string | null): AmiCloseReason {
    if (state === 'live' && asking !== null) {
      const why = 'it is stopping or restarting, was not read fast enough, or ends the session whenever it is asked this'
      const text = `Asterisk at ${this.#where} closed the connection in place of an answer to ${this.#quote(asking, 30)}: ${why}`
      return { ...this.#reason('closed', text), unanswered: true }
    }
    const hint =
      state === 'greeting'
        ? 'closed the connection without a greeting: it may have too many sessions (authlimit) or refuse this address'
        : state === 'login'
          ? 'closed the connection during login: check permit, deny and the log of Asterisk'
          : 'closed the connection: it is stopping or restarting, or was not read fast enough'
    return this.#reason('closed', `Asterisk at ${this.#where} ${hint}`)
  }

  closedByUs(): AmiCloseReason {
    return this.#reason('closed', `The session with ${this.#where} was closed on this side and can be opened again`)
  }

  notOpen(): AmiCloseReason {
    return this.#reason('closed', `The session with ${this.#where} is not logged in yet: wait until it is up`)
  }

  loginRefused(said: string): AmiCloseReason {
    const why = this.#quote(said.replace(/\.$/, ''), 200)
    // Asterisk main/manager.c process_message.
    const inUse = /login already in use/i.test(said)
    const whatToDo = inUse
      ? 'it is signed in already, and allowmultiplelogin = no in manager.conf lets it in once; give each program a user of its own'
      : 'check user and secret, and permit in manager.conf'
    const reason = this.#reason('login-refused', `Asterisk at ${this.#where} refused the login of user "${this.#user}" (${why}): ${whatToDo}`)
    return inUse ? { ...reason, inUse } : reason
  }

  frame(code: AmiFrameErrorCode, what: string): AmiCloseReason {
    const said = this.#quote(what, 200)
    if (code === 'block-too-large') {
      return this.#reason('protocol', `The stream from ${this.#where} can't be followed (${said}): connect anew`)
    }
    return this.#reason(
      'not-ami',
      `What answers at ${this.#where} is not AMI (${said}): check the port, 5038 by default`,
    )
  }

  #reason(code: AmiCloseReason['code'], message: string): AmiCloseReason {
    return { code, message: `${message}.` }
  }

  /** Words of the configuration or the far side. The secret goes first, or a cut could leave half of it. */
  #quote(text: string, max: number): string {
    if (this.#secret === '') return printable(text, max)
    const escaped = JSON.stringify(this.#secret).slice(1, -1)
    return printable(text.replaceAll(this.#secret, '***').replaceAll(escaped, '***'), max)
  }
}

function seconds(ms: number): string {
  return `${ms / 1000} s`
}
