/** A voter as it is shown, whichever way it came. */
import * as v from 'valibot'
import { receiversInOrder, receiverStateSchema, RSSI } from '../../../protocol/voter.ts'
import type { VoterState } from '../../../protocol/voter.ts'

const answerSchema = v.object({
  voters: v.array(
    v.object({
      node: v.string(),
      voted: v.nullable(v.string()),
      receivers: v.array(
        v.object({
          name: v.string(),
          /** Signal, 0 (none) to 255; null = not told. */
          rssi: v.nullable(v.pipe(v.number(), v.minValue(RSSI.min), v.maxValue(RSSI.max))),
          mix: v.boolean(),
          master: v.boolean(),
          inactive: v.boolean(),
          state: receiverStateSchema,
        }),
      ),
    }),
  ),
})

/** Receivers stand in the order of Asterisk's list. */
export type VoterReading = v.InferOutput<typeof answerSchema>['voters'][number]

/** What `nodes/voter/status` answers; null when it has another shape. */
export function readingsOf(answer: unknown): readonly VoterReading[] | null {
  const parsed = v.safeParse(answerSchema, answer)
  return parsed.success ? parsed.output.voters : null
}

/** Supermon-NG answers with markup for its own page, and with nothing else. */
export function isMarkupOnly(answer: unknown): boolean {
  return v.is(v.object({ html: v.string(), voters: v.optional(v.undefined()) }), answer)
}

/** What a voter's socket tells; a node that is no voter has none. */
export function readingOf(node: string, voter: VoterState): readonly VoterReading[] {
  if (Object.keys(voter.receivers).length === 0 && voter.reach !== 'up') return []
  const receivers = receiversInOrder(voter).map(({ name, rssi, master, state }) => ({
    name, rssi, master, state, mix: state === 'mix', inactive: state === 'inactive',
  }))
  return [{ node, voted: voter.voted, receivers }]
}
