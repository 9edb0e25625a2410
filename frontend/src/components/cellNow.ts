import { inject, provide, toRef } from 'vue'
import type { InjectionKey, Ref } from 'vue'
import { useNow } from '../composables/useNow.ts'

const NOW: InjectionKey<Readonly<Ref<number>>> = Symbol('supermon-live-now')

/**
 * Hands one clock to all timer cells below: the one given, else the page's ticker. So a panel of 256 links listens to
 * the ticker once, and its rows need no `now` prop that would re-render them every second.
 * @param given estimated server ms, or undefined throughout
 */
export function provideCellNow(given: () => number | undefined): void {
  const fixed = given()
  provide(NOW, fixed === undefined ? useNow() : toRef(() => given() ?? fixed))
}

/** Estimated server ms, moving once a second. */
export function useCellNow(): Readonly<Ref<number>> {
  return inject(NOW, useNow, true)
}
