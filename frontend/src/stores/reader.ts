import { computed } from 'vue'
import type { ComputedRef } from 'vue'

/**
 * A function that only reads, as a getter of its store. `createTestingPinia` stubs every function of a store as an action of
 * it, and a component whose reads are stubbed shows nothing.
 */
export function reader<T extends (...args: never[]) => unknown>(read: T): ComputedRef<T> {
  return computed(() => read)
}
