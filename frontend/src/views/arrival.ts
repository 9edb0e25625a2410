import { inject, onMounted, provide } from 'vue'
import type { InjectionKey } from 'vue'

const ARRIVE: InjectionKey<(place: HTMLElement) => void> = Symbol('supermon-live arrival')

/** For who shows one page after the other: is told when one has come, and where in it the focus belongs. */
export function provideArrival(arrive: (place: HTMLElement) => void): void {
  provide(ARRIVE, arrive)
}

/**
 * Makes the calling component such a page; by itself it moves nobody's focus.
 * @param place has a tabindex
 */
export function useArrival(place: () => HTMLElement | null): void {
  const arrive = inject(ARRIVE, null)
  onMounted(() => {
    const element = place()
    if (element !== null) arrive?.(element)
  })
}
