/** Apart from the rest of the rollout, which only those pages carry that take part in it. */
import * as v from 'valibot'

/** What polled answers say of the flag besides their rows, so that whoever polls hears of a change. */
export const flagNewsSchema = v.object({ revision: v.string(), enabled: v.boolean() })
export type FlagNews = v.InferOutput<typeof flagNewsSchema>
