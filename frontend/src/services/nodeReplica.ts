/**
 * One node's state as this page holds it, with its place in the server's order. Whatever brings news, socket or poll,
 * goes through here, so that nothing ever goes back in time.
 */
import type { Frame, Position } from '../../../protocol/frames.ts'
import { EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import { applyPatch, readState } from '../../../protocol/patch.ts'
import { fromStatusRow } from '../../../protocol/statusRow.ts'
import type { LooseStatusRow } from '../../../protocol/statusRow.ts'

export type Verdict =
  /** The state is new. */
  | 'applied'
  /** Nothing was missed, nothing changed. */
  | 'current'
  /** Older than what is held, or the same. */
  | 'old'
  /** Something was missed: ask for a snapshot. */
  | 'gap'

export class NodeReplica {
  #state: NodeState | null = null
  #position: Position | null = null
  /** Right to show, not to patch: the state came from a poll, or was told to another user. */
  #coarse = false
  /** Told to another user: the same place may look different now. */
  #foreign = false
  /** Server time of the newest news, ms. */
  #at = Number.NEGATIVE_INFINITY

  /** null before the first news. */
  get state(): NodeState | null {
    return this.#state
  }

  /** What may be offered for resuming: null unless patches may be applied on top. */
  get resumable(): Position | null {
    return this.#coarse ? null : this.#position
  }

  /** From now on only a snapshot goes on from here, or a whole row. */
  forgetPlace(): void {
    this.#coarse = true
    this.#foreign = true
  }

  /**
   * @param asked this snapshot answers a question of ours. One that nobody asked for, of another epoch and older than what
   *   is held, may come from an earlier life of the server and have been overtaken by a poll: it is asked for again.
   */
  snapshot(frame: Frame<'snapshot'>, asked = false): Verdict {
    if (this.#isOld(frame)) return 'old'
    if (!asked && this.#position !== null && this.#position.epoch !== frame.epoch && frame.at < this.#at) return 'gap'
    this.#at = frame.at
    this.#state = readState(frame.state, this.#state ?? EMPTY_NODE)
    this.#position = { epoch: frame.epoch, seq: frame.seq }
    this.#coarse = false
    this.#foreign = false
    return 'applied'
  }

  patch(frame: Frame<'patch'>): Verdict {
    const held = this.#position
    if (held === null || this.#state === null || this.#coarse || held.epoch !== frame.epoch) return 'gap'
    if (frame.seq <= held.seq) return 'old'
    if (frame.seq !== held.seq + 1) return 'gap'
    this.#at = frame.at
    this.#state = applyPatch(this.#state, frame.patch)
    this.#position = { epoch: frame.epoch, seq: frame.seq }
    return 'applied'
  }

  /** The server says that it is here, at this place in its order. */
  confirm(place: Position): Verdict {
    const held = this.#position
    if (held === null || this.#coarse || held.epoch !== place.epoch) return 'gap'
    return place.seq > held.seq ? 'gap' : 'current'
  }

  /**
   * @param row a polled row
   * @param now server time of the answer, ms
   * @param asked true if the question was put after the last word of a socket: only then another epoch is newer
   */
  poll(row: LooseStatusRow, now: number, asked: boolean): Verdict {
    const place = row.epoch !== undefined && row.seq !== undefined ? { epoch: row.epoch, seq: row.seq } : null
    const held = this.#position
    if (held !== null && place !== null) {
      const same = held.epoch === place.epoch
      if (same && place.seq < held.seq) return 'old'
      if (same && place.seq === held.seq && !this.#foreign) return 'current'
      if (!same && !asked) return 'old'
    } else if (this.#state !== null && !asked) {
      return 'old'
    }
    this.#at = now
    this.#state = fromStatusRow(row, now, this.#state ?? EMPTY_NODE)
    this.#position = place
    this.#coarse = true
    this.#foreign = false
    return 'applied'
  }

  /** A snapshot on a socket is the newest word of its epoch; it may repeat the held place, or mend a coarse state. */
  #isOld(frame: Frame<'snapshot'>): boolean {
    const held = this.#position
    return held !== null && held.epoch === frame.epoch && frame.seq < held.seq
  }
}
