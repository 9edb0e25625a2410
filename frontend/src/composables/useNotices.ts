import * as v from 'valibot'
import { readonly, shallowRef } from 'vue'
import type { Ref } from 'vue'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import { usePageEnv } from './usePageEnv.ts'

/** Of what somebody wants to be told about a node. The first three are told the screen reader, the others can be heard. */
export interface NodeNotices {
  /** Losses and recoveries of its connection. */
  readonly loss: boolean
  /** Connects and disconnects. */
  readonly links: boolean
  /** Who keys up. */
  readonly talk: boolean
  /** A tone when somebody keys up, connects or disconnects. */
  readonly sound: boolean
  /** The same, said aloud. */
  readonly speech: boolean
}
export type Notice = keyof NodeNotices

export interface Notices {
  /** What is chosen for a node; null = for nodes without a choice of their own. */
  of(node: string | null): NodeNotices
  /** Chooses for one node; null = for all of them, whatever was chosen for each. Remembered in this browser. */
  choose(node: string | null, notice: Notice, wanted: boolean): void
}

/** Before anybody chose: everything is told to a screen reader, at its pace, and nothing makes a sound. */
export const DEFAULT_NOTICES: NodeNotices = { loss: true, links: true, talk: true, sound: false, speech: false }

const KEY = 'notices'
/** Nodes that are remembered, those chosen for last. */
const MOST = 200

const choice = v.partial(v.object({ loss: v.boolean(), links: v.boolean(), talk: v.boolean(), sound: v.boolean(), speech: v.boolean() }))
const nodeId = v.pipe(v.string(), v.regex(NODE_ID))
const keptSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    all: choice,
    // The object that was kept formerly has lost its order.
    nodes: v.pipe(
      v.union([v.array(v.tuple([nodeId, choice])), v.pipe(v.record(nodeId, choice), v.transform((nodes) => Object.entries(nodes)))]),
      v.transform((nodes) => new Map(nodes)),
    ),
  }),
)
type Choice = v.InferOutput<typeof choice>
interface Kept {
  readonly all: Choice
  /** As they were chosen, the last one last. An object would sort them: they are numbers. */
  readonly nodes: ReadonlyMap<string, Choice>
}

type PageEnv = ReturnType<typeof usePageEnv>
const known = new WeakMap<PageEnv, Notices>()

/** The notices that are chosen on this page, the same for all who ask. Read in a render or a computed, they change with the choice. */
export function useNotices(): Notices {
  const page = usePageEnv()
  const notices = known.get(page) ?? makeNotices(page)
  known.set(page, notices)
  return notices
}

function makeNotices(page: PageEnv): Notices {
  const kept: Ref<Kept> = shallowRef(recall(page))
  const shown = readonly(kept)
  return {
    of: (node) => ({ ...DEFAULT_NOTICES, ...shown.value.all, ...(node === null ? undefined : shown.value.nodes.get(node)) }) as NodeNotices,
    choose(node, notice, wanted) {
      const { all, nodes } = kept.value
      if (node === null) {
        const others = [...nodes].map(([id, { [notice]: _gone, ...rest }]) => [id, rest] as const)
        kept.value = { all: { ...all, [notice]: wanted }, nodes: new Map(others.filter(([, rest]) => Object.keys(rest).length > 0)) }
      } else {
        const others = [...nodes].filter(([id]) => id !== node)
        kept.value = { all, nodes: new Map([...others, [node, { ...nodes.get(node), [notice]: wanted }] as const].slice(-MOST)) }
      }
      page.remember(KEY, JSON.stringify({ ...kept.value, nodes: [...kept.value.nodes] }))
    },
  }
}

function recall(page: PageEnv): Kept {
  const kept = v.safeParse(keptSchema, page.recall(KEY))
  return kept.success ? kept.output : { all: {}, nodes: new Map() }
}
