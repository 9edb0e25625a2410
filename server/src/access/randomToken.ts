import { randomBytes } from 'node:crypto'

/** Gives `bytes` bytes nobody can guess, as lower-case hex of twice that length. Tests hand in a counted one. */
export type RandomToken = (bytes: number) => string

export const secureToken: RandomToken = (bytes) => randomBytes(bytes).toString('hex')
