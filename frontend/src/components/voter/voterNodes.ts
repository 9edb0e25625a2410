import { NODE_ID } from '../../../../protocol/nodeState.ts'
import { words } from '../words.ts'

export type TypedNodes = { readonly ok: true; readonly ids: readonly string[] } | { readonly ok: false; readonly message: string }

/** Node numbers as somebody typed them, with commas or blanks between. */
export function readNodes(text: string): TypedNodes {
  const parts = [...new Set(text.split(/[\s,;]+/).filter((part) => part !== ''))]
  const odd = parts.find((part) => !NODE_ID.test(part))
  if (odd !== undefined) return { ok: false, message: words.voter.notANode(odd.slice(0, 40)) }
  return parts.length === 0 ? { ok: false, message: words.voter.noNodes } : { ok: true, ids: parts }
}
