import { afterEach, expect, it } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import type { EffectScope } from 'vue'
import { useVoterAnnouncements } from '../../../../src/components/voter/voterAnnouncements.ts'
import type { VoterUpdate } from '../../../../src/services/VoterService.ts'

const NODE = '546056'
const HOUR = 3_600_000
let scope: EffectScope
afterEach(() => { scope.stop() })

function stage() {
  const now = ref(1_000_000)
  const voted = ref<string | null>(null)
  const said: string[] = []
  const update = () => ({ stale: false, voters: [{ node: NODE, voted: voted.value, receivers: [] }] }) as unknown as VoterUpdate
  scope = effectScope()
  scope.run(() => { useVoterAnnouncements({ id: () => NODE, update, now: () => now.value, say: (text) => { said.push(text) } }) })
  return {
    said,
    set: (back: number) => { now.value -= back },
    /** From now on `name` is heard, and so many seconds pass. */
    async heard(name: string | null, seconds: number) {
      voted.value = name
      for (let i = 0; i < seconds; i += 1) {
        now.value += 1_000
        await nextTick()
      }
    },
  }
}

it('tells who is heard once that has held for a second, and each only once', async () => {
  const { said, heard } = stage()
  await heard('North', 1)
  expect(said).toEqual([])
  await heard('North', 30)
  expect(said).toEqual(['Voter 546056: North is heard.'])
})

it('tells the next one five seconds later at the soonest, and none that is handed on within one', async () => {
  const { said, heard } = stage()
  await heard('North', 2)
  await heard('South', 4)
  await heard('East', 1)
  await heard('West', 3)
  expect(said).toEqual(['Voter 546056: North is heard.', 'Voter 546056: West is heard.'])
})

it('tells of the same one again when there was nobody in between', async () => {
  const { said, heard } = stage()
  await heard('North', 2)
  await heard(null, 6)
  await heard('North', 2)
  expect(said).toEqual(['Voter 546056: North is heard.', 'Voter 546056: North is heard.'])
})

it.each([['back', HOUR], ['on', -HOUR]])('is not silenced by a clock that is set %s', async (_way, back) => {
  const { said, heard, set } = stage()
  await heard('North', 2)
  set(back)
  await heard('South', 6)
  expect(said).toEqual(['Voter 546056: North is heard.', 'Voter 546056: South is heard.'])
})
