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
