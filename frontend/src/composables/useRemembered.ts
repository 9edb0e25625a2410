import { readonly, shallowRef } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import type { PageEnv } from '../env/pageEnv.ts'
import { usePageEnv } from './usePageEnv.ts'

export interface Remembered<T extends string> {
  readonly chosen: Readonly<Ref<T>>
  readonly choose: (value: T) => void
}

/** One choice for all who ask on a page. */
const pages = new WeakMap<PageEnv, Map<string, ShallowRef<string>>>()

/**
 * Something that is chosen once and kept in this browser.
 * @param values what can be chosen; the first until somebody has
 */
export function useRemembered<T extends string>(key: string, values: readonly [T, ...T[]]): Remembered<T> {
  const page = usePageEnv()
  const choices = pages.get(page) ?? new Map<string, ShallowRef<string>>()
  pages.set(page, choices)
  const choice = choices.get(key) ?? shallowRef<string>(values.find((each) => each === page.recall(key)) ?? values[0])
  choices.set(key, choice)
  return {
    chosen: readonly(choice) as Readonly<Ref<T>>,
    choose(value) {
      choice.value = value
      page.remember(key, value)
    },
  }
}
