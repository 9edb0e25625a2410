import { ENGLISH } from './components/words/languages.ts'
import type { Language } from './components/words/languages.ts'

/** What the dashboard application speaks. Each but English is fetched when somebody wants it. */
export const languages: readonly Language[] = [
  ENGLISH,
  { tag: 'de', name: 'Deutsch', load: async () => (await import('./components/words/de.ts')).german },
]
