import { inject, provide, shallowRef } from 'vue'
import type { InjectionKey, Ref } from 'vue'

type Kiosk = Readonly<Ref<boolean>>
const KIOSK: InjectionKey<Kiosk> = Symbol('supermon-live-kiosk')

/** Tells all below that they are on a screen on the wall, or not. */
export function provideKiosk(is: Kiosk): void {
  provide(KIOSK, is)
}

/** Nobody taps here: no link, no button, nothing to choose. What fails is tried again by itself. */
export function useKiosk(): Kiosk {
  return inject(KIOSK, shallowRef(false))
}
