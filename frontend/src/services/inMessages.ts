import { MAX_NODES_ASKED } from '../../../protocol/frames.ts'

/** What a message holds around the nodes it names, at most. */
const FRAME_CHARS = 40

/** Nodes in as many messages as a server wants them in that takes messages of so many characters, and of so many nodes. */
export function inMessages<T>(nodes: readonly T[], messageChars: number, mostNodes = MAX_NODES_ASKED): T[][] {
  const messages: T[][] = []
  let room = 0
  for (const node of nodes) {
    const chars = JSON.stringify(node).length + 1
    const last = messages.at(-1)
    if (last === undefined || chars > room || last.length === mostNodes) {
      messages.push([node])
      room = messageChars - FRAME_CHARS - chars
    } else {
      last.push(node)
      room -= chars
    }
  }
  return messages
}
