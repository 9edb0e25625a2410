import { usePageEnv } from '../composables/usePageEnv.ts'
import { words } from './words.ts'

const DAY = 86_400_000
const MINUTE = 60_000
/** All in UTC, of a time that is moved there: one that knew the zone would stay in it when the device goes to another. */
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(locale: string, withDate: boolean): Intl.DateTimeFormat {
  const key = `${locale} ${withDate}`
  const format = formats.get(key) ?? makeFormat(locale, { timeZone: 'UTC', timeStyle: 'medium', ...(withDate && { dateStyle: 'medium' }) })
  formats.set(key, format)
  return format
}

/** What calls itself a language need not be one. */
function makeFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  for (const each of [locale, words.language]) {
    try {
      return new Intl.DateTimeFormat(each, options)
    } catch {
      continue
    }
  }
  return new Intl.DateTimeFormat(undefined, options)
}

const baseOf = (tag: string) => tag.toLowerCase().split('-')[0]

/**
 * A moment as a person reads it: the time of day, with the date where it was not today. In the language of the page, with the
 * habits of the viewer's region where he has one for that language (`en-GB` counts to 24). To be called in a setup.
 * @param language of the words around it, where that is not the page's
 * @returns from ms since the epoch, and the present in ms; '' for what is no time
 */
export function useLocalTime(language?: string): (ms: number, now: number) => string {
  const page = usePageEnv()
  return (ms, now) => {
    const clock = ms - new Date(ms).getTimezoneOffset() * MINUTE
    if (Number.isNaN(new Date(clock).getTime())) return ''
    const spoken = language ?? words.language
    const locale = page.languages().find((tag) => baseOf(tag) === baseOf(spoken)) ?? spoken
    const isToday = Math.abs(now - ms) < DAY && new Date(ms).getDate() === new Date(now).getDate()
    return formatOf(locale, !isToday).format(clock)
  }
}
