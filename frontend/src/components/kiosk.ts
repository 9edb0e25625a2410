import { inject, provide } from 'vue'
import type { InjectionKey } from 'vue'

const KIOSK: InjectionKey<boolean> = Symbol('supermon-live-kiosk')

/** Tells all below that they are on a screen on the wall, or not. */
export function provideKiosk(is: boolean): void {
  provide(KIOSK, is)
}

/** Nobody taps here: no link, no button, nothing to choose. What fails is tried again by itself. */
export function useKiosk(): boolean {
  return inject(KIOSK, false)
}
