/** What a client says in the `supermon.v2` dialect. A file of its own, as pages only say it: what reads it need not be sent to them. */
import * as v from 'valibot'
import { MAX_NODES_ASKED, position } from './frames.ts'

const { node, epoch, seq } = position

export const clientFrameSchema = v.variant('type', [
  v.object({
    type: v.literal('subscribe'),
    nodes: v.pipe(
      v.array(v.object({ node, epoch: v.exactOptional(epoch), seq: v.exactOptional(seq) })),
      v.minLength(1),
      v.maxLength(MAX_NODES_ASKED),
    ),
  }),
  v.object({ type: v.literal('unsubscribe'), nodes: v.pipe(v.array(node), v.minLength(1), v.maxLength(MAX_NODES_ASKED)) }),
  v.object({ type: v.literal('resync'), node }),
  v.object({ type: v.literal('ping'), id: v.exactOptional(v.union([v.number(), v.string()])) }),
])
export type ClientFrame = v.InferOutput<typeof clientFrameSchema>
