/** The page's words in German: `setWords(german)`. Apart, as only who wants it should load it. */
export { german } from './components/words/de.ts'
