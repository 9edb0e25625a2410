import { setImmediate } from 'node:timers/promises'

/**
 * Lets everybody else run before a long computation goes on. Password hashes are slow on purpose; one computed in one
 * go would hold up every key-up of every viewer for that time.
 */
export type Breathe = () => Promise<unknown>

export const breathe: Breathe = () => setImmediate()
