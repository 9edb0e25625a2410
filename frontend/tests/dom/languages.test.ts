/** The page in another language: which one, when, and whether all of it follows. */
import { flushPromises, mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApp, nextTick } from 'vue'
import LanguagePicker from '../../src/components/LanguagePicker.vue'
import { setWords, words } from '../../src/components/words.ts'
import { german } from '../../src/components/words/de.ts'
import { english } from '../../src/components/words/en.ts'
import { ENGLISH, LANGUAGES, startLanguage } from '../../src/components/words/languages.ts'
import type { Language } from '../../src/components/words/languages.ts'
import { PAGE_ENV } from '../../src/composables/usePageEnv.ts'
import { languages } from '../../src/languages.ts'
import { createFakeGateway } from '../../src/testing.ts'
import Dashboard from '../../src/views/Dashboard.vue'
import { FakePageEnv } from './support/fakePageEnv.ts'

const WORDS = join(import.meta.dirname, '../../src/components/words')
const GERMAN_FILES = readdirSync(WORDS).filter((name) => /^de(?:[A-Z]\w*)?\.ts$/.test(name))

let page: FakePageEnv
beforeEach(() => { page = new FakePageEnv() })
afterEach(() => { setWords(english) })

/** Every plain string of a language, by its path. */
function strings(of: object, path = ''): [string, string][] {
  return Object.entries(of).flatMap(([key, value]: [string, unknown]) => {
    if (typeof value === 'string') return [[`${path}${key}`, value] as [string, string]]
    return typeof value === 'object' && value !== null ? strings(value, `${path}${key}.`) : []
  })
}

describe('German', () => {
  /** Names, and words that are the same in both. */
  const SAME = new Set([
    'direction', 'product', 'column.link', 'facts.socket', 'facts.asterisk', 'control.action.dtmf', 'demo.command', 'telemetry.cpuTemp', 'voter.live',
    'voter.signal', 'voter.mix', 'voter.master',
  ])
  const told = Object.fromEntries(strings(german))

  it.each(strings(english))('has a word of its own for %s', (path, text) => {
    if (SAME.has(path)) expect(told[path]).toBe(text)
    else expect(told[path]).not.toBe(text)
    expect(told[path]?.trim()).not.toBe('')
  })

  it('writes umlauts as umlauts and addresses nobody', () => {
    const source = GERMAN_FILES.map((name) => readFileSync(join(WORDS, name), 'utf8')).join('\n')
    const texts = [...source.matchAll(/'([^'\n]+)'|`([^`]+)`/g)].map((match) => match[1] ?? match[2] ?? '').join('\n')
    expect(texts).not.toMatch(/fuer|ueber|koenn|muess|hoer|waehl|moegl|zurueck|pruef|naechst|schliess/i)
    expect(texts).not.toMatch(/(?<![.!?] )\bSie\b|\b(Ihr|Ihre|Ihren|du|dein|deine|dich)\b/)
  })

  it('says what goes into its sentences', () => {
    const { announce, panel, control, facts } = german
    expect(announce.talks(['48752 WB6NIL'], ['546051'])).toBe('48752 WB6NIL spricht auf 546051.')
    expect(announce.talks(['48752', '2000'], ['546051'])).toBe('48752, 2000 sprechen auf 546051.')
    expect(announce.linked(['1', '2', '3', '4'], ['1', '2', '3', '4'])).toBe('4 Stationen mit 4 Knoten verbunden.')
    expect(announce.lost(['546051', '546055'])).toBe('Knoten 546051, 546055: Verbindung verloren.')
    expect(panel.counts(3, 20, true, 1)).toBe('3 direkt (1 im Aufbau) · 20+ dahinter · 23+ insgesamt')
    expect(Object.values(control.blocked).map((why) => why('546051'))).toEqual([
      'Für Befehle bitte anmelden.', 'Der Server hat Knoten 546051 nicht, oder gibt ihn nicht frei.', 'Verbindet neu: keine Befehle für 546051, bis er live ist.',
      'Von 546051 ist noch nichts bekannt: keine Befehle bis zur ersten Meldung.', 'Asterisk antwortet für 546051 nicht: keine Befehle, bis er wieder antwortet.',
    ])
    expect(english.control.blocked.refused('546051')).toBe('The server does not provide node 546051.')
    expect([english, german].map(({ control: { several } }) => several('Paris', true))).toEqual([
      '“Paris” matches more nodes than are shown: choose one, or write more.', '„Paris“ passt auf mehr Knoten, als gezeigt werden: einen auswählen.',
    ])
    expect([0, 1, 3].map((links) => control.sureAll('546051', links))).toEqual([
      'Knoten 546051 hat keine Verbindung, die das beendet.', 'Knoten 546051 trennt eine Verbindung, auch wenn sie dauerhaft ist. Clients und Telefone bleiben.',
      'Knoten 546051 trennt 3 Verbindungen, auch dauerhafte. Clients und Telefone bleiben.',
    ])
    expect(control.surePermanent('connect', '546051', '48752 WB6NIL')).toBe('546051 verbindet sich mit 48752 WB6NIL. Die Verbindung wird neu gewählt, sooft sie abbricht, bis Asterisk neu startet; über EchoLink und TLB nie.')
    expect([facts.heard(german.age(3_000)), facts.old(german.age(200_000_000)), facts.notAnswering(german.age(185_000), null)]).toEqual(
      ['Vor 3 s gehört', 'Daten von vor 2 Tagen', 'Antwortet nicht seit 3 min'])
  })
})

describe('a page that is open', () => {
  it('is in the other language at once, all of it, and in the first one again', async () => {
    const gateway = createFakeGateway({ nodes: { '546051': { callsign: 'W5GLE' }, '546055': {} } })
    const wrapper = mount(Dashboard, { global: { plugins: [gateway.plugin, createPinia()] } })
    await gateway.settle()
    gateway.node('546051').connect('48752', { callsign: 'WB6NIL' })
    gateway.node('546055').reach('down', 'ami-closed', 'Asterisk closed the connection; it may be restarting.')
    await gateway.clock.advance(2_000)
    /** What was said was said in the other language: it is gone. */
    const shown = () => wrapper.html().replace(/(role="status"[^>]*>)(?:\s*<p>[^]*?<\/p>)*[^<]*/g, '$1')
    const first = shown()
    setWords(german)
    await nextTick()
    const text = wrapper.html().replace(/<[^>]*?((?:aria-label|title|placeholder)="[^"]*")?[^>]*>/g, '\n$1\n')
    const left = strings(english).filter(([path, word]) => word.length > 3 && word !== Object.fromEntries(strings(german))[path])
      .filter(([, word]) => new RegExp(`(^|[^\\p{L}-])${word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}($|[^\\p{L}-])`, 'u').test(text))
    // What is spelt alike in both: the German word for one thing is the English one for another.
    expect(left.filter(([, word]) => !strings(german).some(([, other]) => other.includes(word)))).toEqual([])
    expect(wrapper.text()).toContain('Antwortet nicht')
    expect(wrapper.text()).not.toContain('may be restarting')
    setWords(english)
    await nextTick()
    expect(shown()).toBe(first)
    wrapper.unmount()
  })
})

describe('the language of a page', () => {
  const start = (offered: readonly Language[] = languages) => {
    const app = createApp({})
    app.provide(PAGE_ENV, page)
    return app.runWithContext(() => startLanguage(offered))
  }

  it.each<[string, string | null, readonly string[], string]>([
    ['the first one that the viewer reads', null, ['fr-CA', 'de-AT', 'en-US'], 'de'],
    ['English, where he reads it sooner', null, ['en-GB', 'de'], 'en'],
    ['the first of all, where he reads none', null, ['fr', 'nl'], 'en'],
    ['the one that was chosen here before', 'en', ['de-DE'], 'en'],
    ['what he reads, where another one was remembered that is no more', 'tlh', ['de-DE'], 'de'],
  ])('is %s', async (_why, kept, tongues, language) => {
    page.remember('language', kept)
    page.tongues = tongues
    await start()
    expect([words.language, page.marked]).toEqual([language, `${language} ltr`])
  })

  it('stays English when the other one cannot be loaded, and tells so', async () => {
    page.tongues = ['de']
    expect(await start([ENGLISH, { tag: 'de', name: 'Deutsch', load: () => Promise.reject(new Error('gone')) }])).toBe(false)
    expect(words.language).toBe('en')
    expect(await start()).toBe(true)
  })
})

describe('the language picker', () => {
  let wrapper: VueWrapper
  afterEach(() => { wrapper.unmount() })
  const show = (offered: readonly Language[]) => {
    wrapper = mount(LanguagePicker, { global: { provide: { [PAGE_ENV as symbol]: page, [LANGUAGES as symbol]: offered } } })
  }
  const pick = async (tag: string) => {
    await wrapper.get('select').setValue(tag)
    await flushPromises()
  }

  it('names each language in itself, changes the page and the mark of the document, and remembers', async () => {
    show([ENGLISH, { tag: 'de', name: 'Deutsch', load: () => Promise.resolve(german) }])
    expect(wrapper.findAll('option').map((option) => [option.text(), option.attributes('lang')])).toEqual([['English', 'en'], ['Deutsch', 'de']])
    await pick('de')
    expect([wrapper.get('label').text(), page.marked, page.recall('language')]).toEqual(['Sprache', 'de ltr', 'de'])
    await pick('en')
    expect([wrapper.get('label').text(), page.marked, page.recall('language')]).toEqual(['Language', 'en ltr', 'en'])
    expect(wrapper.get('label').attributes('for')).toBe(wrapper.get('select').attributes('id'))
  })

  it('says that a language could not be loaded, and stays with the one that is spoken', async () => {
    show([ENGLISH, { tag: 'de', name: 'Deutsch', load: () => Promise.reject(new Error('gone')) }])
    await pick('de')
    expect(wrapper.get('[role="alert"]').text()).toBe('That language could not be loaded. Try again, or reload the page.')
    expect([wrapper.get('select').element.value, page.recall('language')]).toEqual(['en', null])
  })

  it('goes by the last choice, however long the one before takes', async () => {
    let come: (words: typeof german) => void = () => undefined
    show([ENGLISH, { tag: 'de', name: 'Deutsch', load: () => new Promise((resolve) => { come = resolve }) }])
    await pick('de')
    await pick('en')
    come(german)
    await pick('en')
    expect([words.language, page.recall('language')]).toEqual(['en', 'en'])
  })

  it('is not there where there is nothing to choose', () => {
    show([ENGLISH])
    expect(wrapper.find('select').exists()).toBe(false)
  })
})

it('German costs nobody else anything: nothing else imports it, and the application fetches it when it is wanted', () => {
  const root = join(import.meta.dirname, '../../src')
  const naming = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|vue)$/.test(file) && !/words\/de(?:[A-Z]\w*)?\.ts$/.test(file) && /words\/de(?:[A-Z]\w*)?\.ts|'\.\/de(?:[A-Z]\w*)?\.ts'/.test(readFileSync(join(root, file), 'utf8')))
  // The one is what a library's user imports, and nothing here does.
  expect(naming.toSorted()).toEqual(['german.ts', 'languages.ts'])
  expect(readFileSync(join(root, 'languages.ts'), 'utf8')).toMatch(/await import\('\.\/components\/words\/de\.ts'\)/)
})
