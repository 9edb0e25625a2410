import { shallowRef } from 'vue'
import { english } from './words/en.ts'

/** All words of the page. A translation has each of them: one that is left out does not compile. */
export type Words = typeof english

const spoken = shallowRef<Words>(english)

/** From now on the page speaks these words, wherever they are shown. */
export function setWords(words: Words): void {
  spoken.value = words
}

/** The words of the language in force. Read in a render or a computed, they change with it. */
export const words: Words = new Proxy(english, { get: (_english, section: keyof Words) => spoken.value[section] })

/** What goes into an element, and its `lang` where that is not the page's. */
export interface Said {
  readonly text: string
  readonly lang?: 'en'
}

/** The same with something before it, always in the page's language; '' = nothing. */
export interface Told extends Said {
  readonly head: string
  /** What it tells, as `newsOf` names it: that is no news any more. */
  readonly news?: string
}

/** @param own what the language in force has for it; null = nothing, so the message is shown as gateway or client wrote it */
export function inOwnWords(own: string | null, message: string): Said {
  return own === null ? { text: message, lang: 'en' } : { text: own }
}
