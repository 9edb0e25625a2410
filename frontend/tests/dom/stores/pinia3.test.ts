/** The package says that it also takes Pinia 3: what it uses of it is there, and does the same. */
import type { Pinia } from 'pinia'
import { createPinia } from 'pinia3'
import { it, vi } from 'vitest'
import { storesServe } from './olderPinia.ts'

vi.mock('pinia', () => import('pinia3'))

it('stores of Pinia 3 feed a table, know who is here, and command; the app that goes takes all with it', async () => {
  await storesServe(createPinia() as unknown as Pinia)
})
