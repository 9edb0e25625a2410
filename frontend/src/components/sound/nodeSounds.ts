import type { NodeNotices } from '../../composables/useNotices.ts'
import type { usePageEnv } from '../../composables/usePageEnv.ts'
import { sentenceOf } from '../announce/happenings.ts'
import type { Happening } from '../announce/happenings.ts'
import { words } from '../words.ts'

/** Between two sounds of one node, ms. */
const NODE_PAUSE = 5_000
/** Between two of the page, ms: a tone is short, and a sentence takes its time. */
const PAGE_PAUSE = { sound: 500, speech: 3_000 } as const
type Way = keyof typeof PAGE_PAUSE

/**
 * What can be heard of nodes: a tone, or a sentence said aloud, when somebody keys up, connects or disconnects. What comes
 * within the pause after another sound, or while a sentence is being said, is not made up for.
 */
export class NodeSounds {
  readonly #page: ReturnType<typeof usePageEnv>
  readonly #now: () => number
  readonly #heardAt = new Map<string, number>()

  /** @param now ms, any clock */
  constructor(page: ReturnType<typeof usePageEnv>, now: () => number) {
    this.#page = page
    this.#now = now
  }

  hear(happening: Happening, chosen: NodeNotices): void {
    if (happening.kind !== 'talk' && happening.kind !== 'linked' && happening.kind !== 'unlinked') return
    if (chosen.sound && this.#isFree('sound', happening.node)) this.#page.tone(happening.kind === 'unlinked' ? 'down' : 'up')
    // How long a sentence takes is the voice's affair: it would fall behind further and further.
    if (chosen.speech && !this.#page.isSpeaking() && this.#isFree('speech', happening.node)) this.#page.speak(sentenceOf(happening), words.language)
  }

  #isFree(way: Way, node: string): boolean {
    const now = this.#now()
    const passed = (key: string) => now - (this.#heardAt.get(key) ?? Number.NEGATIVE_INFINITY)
    if (passed(`${way} ${node}`) < NODE_PAUSE || passed(way) < PAGE_PAUSE[way]) return false
    this.#heardAt.set(`${way} ${node}`, now)
    this.#heardAt.set(way, now)
    return true
  }
}
