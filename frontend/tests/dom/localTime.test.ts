import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from 'vue'
import { useLocalTime } from '../../src/components/localTime.ts'
import { setWords } from '../../src/components/words.ts'
import { german } from '../../src/components/words/de.ts'
import { english } from '../../src/components/words/en.ts'
import { PAGE_ENV } from '../../src/composables/usePageEnv.ts'
import { FakePageEnv } from './support/fakePageEnv.ts'

/** A moment by this machine's own clock, wherever it stands. */
const at = (day: number, hour: number, minute = 0) => new Date(2027, 0, day, hour, minute, 7).getTime()

describe('a moment as a person reads it', () => {
  let page: FakePageEnv
  beforeEach(() => { page = new FakePageEnv() })
  afterEach(() => {
    setWords(english)
    vi.unstubAllEnvs()
  })

  const told = (ms: number, now: number) => {
    const app = createApp({})
    app.provide(PAGE_ENV, page)
    // Which space stands before AM is the browser's business.
    return app.runWithContext(() => useLocalTime()(ms, now)).replace(/\s/g, ' ')
  }

  it.each<[readonly string[], string]>([
    [['en-US'], '6:05:07 PM'],
    [['en-GB'], '18:05:07'],
    [['fr-FR', 'en-GB'], '18:05:07'],
    [['fr-FR'], '6:05:07 PM'],
    [[], '6:05:07 PM'],
    [['en-!'], '6:05:07 PM'],
  ])('goes by the viewer\'s region, where he reads the language of the page: %j', (tongues, text) => {
    page.tongues = tongues
    expect(told(at(15, 18, 5), at(15, 19))).toBe(text)
  })

  it('has the date where it was not today, also within a day', () => {
    page.tongues = ['en-GB']
    expect(told(at(14, 23), at(15, 1))).toBe('14 Jan 2027, 23:00:07')
    expect(told(at(15, 1), at(15, 23))).toBe('01:00:07')
    expect(told(at(15, 12), new Date(2027, 1, 15, 12).getTime())).toBe('15 Jan 2027, 12:00:07')
  })

  it('is in the language of the page', () => {
    setWords(german)
    page.tongues = ['en-US', 'de-AT']
    expect(told(at(14, 18), at(15, 19))).toMatch(/^14\.0?1\.2027, 18:00:07$/)
  })

  it('is of the zone that the device is in now, and of its summer and winter', () => {
    page.tongues = ['en-GB']
    const [winter, summer] = [Date.UTC(2027, 0, 15, 10), Date.UTC(2027, 6, 15, 10)]
    const inZone = (zone: string) => {
      vi.stubEnv('TZ', zone)
      return [told(winter, winter), told(summer, summer)]
    }
    expect(inZone('Europe/Berlin')).toEqual(['11:00:00', '12:00:00'])
    expect(inZone('America/New_York')).toEqual(['05:00:00', '06:00:00'])
    expect(inZone('Africa/Lagos'), 'as Berlin, in winter').toEqual(['11:00:00', '11:00:00'])
    expect(inZone('Asia/Kathmandu')).toEqual(['15:45:00', '15:45:00'])
  })

  it('is nothing where it is none', () => {
    expect([told(Number.NaN, 0), told(1e300, 0)]).toEqual(['', ''])
  })
})
