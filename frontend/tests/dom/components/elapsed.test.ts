import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { nextTick, ref } from 'vue'
import { provideCellClock } from '../../../src/components/cellNow.ts'
import ElapsedText from '../../../src/components/ElapsedText.vue'

const NOW = 1_800_000_000_000
const closers: (() => void)[] = []
afterEach(() => { for (const close of closers.splice(0)) close() })

/** A time that began so long ago, ms, and a clock to move. */
function since(ago: number, format?: 'talk' | 'ago') {
  const now = ref(NOW)
  const wrapper = mount({
    components: { ElapsedText },
    setup() {
      provideCellClock(() => now.value)
      return { since: NOW - ago, format }
    },
    template: '<ElapsedText :since="since" :format="format" />',
  })
  closers.push(() => { wrapper.unmount() })
  const seen = () => wrapper.get('[aria-hidden="true"]').text()
  const heard = () => wrapper.get('[data-spoken]').attributes('data-spoken')
  return {
    seen, heard,
    async after(ms: number) {
      now.value = NOW + ms
      await nextTick()
      return [seen(), heard()]
    },
  }
}

describe('a time that counts', () => {
  it('moves every second for the eye, and once a minute for a screen reader, which is told of every change', async () => {
    const time = since(125_000)
    expect([time.seen(), time.heard()]).toEqual(['00:02:05', '2 min'])
    expect(await time.after(1_000)).toEqual(['00:02:06', '2 min'])
    expect(await time.after(54_000)).toEqual(['00:02:59', '2 min'])
    expect(await time.after(55_000)).toEqual(['00:03:00', '3 min'])
  })

  it('is heard in steps of ten seconds in its first minute', async () => {
    const time = since(11_000, 'talk')
    expect([time.seen(), time.heard()]).toEqual(['0:11', '10 s'])
    expect(await time.after(8_000)).toEqual(['0:19', '10 s'])
    expect(await time.after(9_000)).toEqual(['0:20', '20 s'])
    expect(await time.after(50_000)).toEqual(['1:01', '1 min'])
  })

  it('says that it is over where it is', async () => {
    const time = since(4_000, 'ago')
    expect([time.seen(), time.heard()]).toEqual(['4 s ago', '0 s ago'])
    expect(await time.after(3_600_000)).toEqual(['1 h ago', '1 h ago'])
  })
})
