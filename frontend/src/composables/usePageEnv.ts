import { hasInjectionContext, inject } from 'vue'
import type { InjectionKey } from 'vue'
import { browserPageEnv } from '../env/pageEnv.ts'
import type { PageEnv } from '../env/pageEnv.ts'

/** Another page than the browser's, for tests and for embedding: `app.provide(PAGE_ENV, …)`. */
export const PAGE_ENV: InjectionKey<PageEnv> = Symbol('supermon-live page')

const browser = browserPageEnv()

/** The page: what it remembers, how it is asked for, what it can sound like. */
export function usePageEnv(): PageEnv {
  return (hasInjectionContext() ? inject(PAGE_ENV, null) : null) ?? browser
}
