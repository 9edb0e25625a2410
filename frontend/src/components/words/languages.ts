import { inject, readonly, shallowRef } from 'vue'
import type { InjectionKey, Ref } from 'vue'
import { usePageEnv } from '../../composables/usePageEnv.ts'
import { setWords, words } from '../words.ts'
import type { Words } from '../words.ts'
import { english } from './en.ts'

/** A language that a page can speak. */
export interface Language {
  /** As in `<html lang>`. */
  readonly tag: string
  /** What it calls itself. */
  readonly name: string
  readonly load: () => Promise<Words>
}

export const ENGLISH: Language = { tag: 'en', name: 'English', load: () => Promise.resolve(english) }

/** The languages that a page offers: `app.provide(LANGUAGES, […])`. */
export const LANGUAGES: InjectionKey<readonly Language[]> = Symbol('supermon-live languages')

const KEY = 'language'
const baseOf = (tag: string) => tag.toLowerCase().split('-')[0]

/** Of several that are being loaded the last one counts. */
let loads = 0

/** @returns false: it could not be loaded, nor was another one asked for meanwhile; the page goes on in the language it has */
async function speak(language: Language, page: ReturnType<typeof usePageEnv>): Promise<boolean> {
  const mine = ++loads
  try {
    const loaded = await language.load()
    if (mine !== loads) return true
    setWords(loaded)
    page.markLanguage(loaded.language, loaded.direction)
    return true
  } catch {
    return mine !== loads
  }
}

/**
 * Speaks the language that was chosen here before, else the first one that the viewer reads, else the first of all. For a page that is
 * its own; it marks the document. Never rejects: what cannot be loaded leaves English.
 * @returns false: it could not be loaded, nor was another one chosen meanwhile
 */
export async function startLanguage(languages: readonly Language[]): Promise<boolean> {
  const page = usePageEnv()
  const wished = [page.recall(KEY) ?? [], page.languages()].flat()
  const wanted = wished.flatMap((tag) => languages.find((language) => baseOf(language.tag) === baseOf(tag)) ?? [])
  const [first] = [...wanted, ...languages]
  return first === undefined || speak(first, page)
}

export interface LanguageChoice {
  readonly languages: readonly Language[]
  readonly failed: Readonly<Ref<boolean>>
  /** Speaks it from now on, everywhere on the page, and remembers it in this browser. */
  readonly choose: (tag: string) => Promise<void>
}

/** The languages that this page offers, none unless it was told of them. To be called in a setup. */
export function useLanguages(): LanguageChoice {
  const page = usePageEnv()
  const languages = inject(LANGUAGES, [])
  const failed = shallowRef(false)
  return {
    languages,
    failed: readonly(failed),
    choose: async (tag) => {
      const language = languages.find((each) => each.tag === tag)
      if (language === undefined) return
      failed.value = !(await speak(language, page))
      if (!failed.value && words.language === language.tag) page.remember(KEY, tag)
    },
  }
}
