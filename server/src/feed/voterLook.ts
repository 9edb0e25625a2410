import type { AmiMessage } from '../ami/message.ts'
import { parseVoterStatus } from '../ami/voterStatus.ts'
import type { VoterInstance } from '../ami/voterStatus.ts'
import type { Clock } from '../env/clock.ts'

export type { VoterInstance, VoterReceiver } from '../ami/voterStatus.ts'

export type VoterAnswer =
  | { readonly ok: true; readonly instances: readonly VoterInstance[] }
  | { readonly ok: false; readonly code: string; readonly message: string }

/** Who asks within this time of the last answer is given that one, ms: crowds cost Asterisk no more than one. */
const FRESH_MS = 400

interface Look {
  readonly answer: Promise<VoterAnswer>
  doneAt: number | null
}

/** Looks at voters when somebody asks: one question at a time and node, shared by all who ask meanwhile. */
export class VoterLook {
  readonly #clock: Clock
  readonly #request: (node: string) => Promise<AmiMessage> | null
  readonly #looks = new Map<string, Look>()

  /** @param request asks the Asterisk of the node; null = nobody has it. May reject when Asterisk is away. */
  constructor(clock: Clock, request: (node: string) => Promise<AmiMessage> | null) {
    this.#clock = clock
    this.#request = request
  }

  /** Never rejects; null = there is no such node. */
  look(node: string): Promise<VoterAnswer | null> {
    const known = this.#looks.get(node)
    if (known !== undefined && (known.doneAt === null || this.#clock.now() - known.doneAt < FRESH_MS)) return known.answer
    const asked = this.#request(node)
    if (asked === null) return Promise.resolve(null)
    const look: Look = { doneAt: null, answer: asked.then(read, away) }
    this.#looks.set(node, look)
    void look.answer.then(() => { look.doneAt = this.#clock.now() })
    return look.answer
  }
}

function read(message: AmiMessage): VoterAnswer {
  const answer = parseVoterStatus(message)
  if (answer.ok) return { ok: true, instances: answer.value.instances }
  const why =
    answer.code === 'unknown-action'
      ? 'This Asterisk has no voter: chan_voter is not loaded.'
      : 'Asterisk did not tell of the voter.'
  return { ok: false, code: answer.code, message: why }
}

function away(): VoterAnswer {
  return { ok: false, code: 'ami-away', message: 'Asterisk does not answer; try again in a moment.' }
}
