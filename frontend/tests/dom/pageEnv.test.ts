/** The real page's memory, sound, speech and language, over the parts of a browser that happy-dom lacks. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { browserPageEnv } from '../../src/env/pageEnv.ts'

describe('the sound of a page', () => {
  let contexts: FakeContext[]
  let said: { text: string; lang: string }[]
  let touched: boolean | undefined

  class FakeContext {
    state = 'running'
    currentTime = 0
    destination = {}
    played = 0
    resume = vi.fn(() => Promise.resolve())
    constructor() { contexts.push(this) }
    createOscillator() {
      return { frequency: { setValueAtTime() {}, linearRampToValueAtTime() {} }, connect: (next: unknown) => next, start: () => { this.played += 1 }, stop() {} }
    }
    createGain() {
      return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect: (next: unknown) => next }
    }
  }
  beforeEach(() => {
    contexts = []
    said = []
    touched = true
    vi.stubGlobal('AudioContext', FakeContext)
    vi.stubGlobal('SpeechSynthesisUtterance', class {
      lang = ''
      readonly text: string
      constructor(text: string) { this.text = text }
    })
    vi.stubGlobal('speechSynthesis', { speak: ({ text, lang }: { text: string; lang: string }) => { said.push({ text, lang }) } })
    Object.defineProperty(navigator, 'userActivation', { configurable: true, get: () => (touched === undefined ? undefined : { hasBeenActive: touched }) })
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    Reflect.deleteProperty(navigator, 'userActivation')
  })

  it('is not made before it is wanted, and once', () => {
    const page = browserPageEnv()
    expect([page.canSound(), page.canSpeak(), contexts.length]).toEqual([true, true, 0])
    page.tone('up')
    page.tone('down')
    expect([contexts.length, contexts[0]?.played]).toEqual([1, 2])
  })

  it('stays away before the first touch of the page, and nothing of it comes later', () => {
    touched = false
    const page = browserPageEnv()
    page.tone('up')
    page.speak('48752 talks', 'en')
    expect([contexts, said]).toEqual([[], []])
    touched = true
    page.tone('up')
    page.speak('48752 spricht', 'de')
    expect([contexts[0]?.played, said]).toEqual([1, [{ text: '48752 spricht', lang: 'de' }]])
  })

  it('is tried in a browser that does not tell of touches', () => {
    touched = undefined
    browserPageEnv().tone('up')
    expect(contexts).toHaveLength(1)
  })

  it('goes on after the device has taken it away', () => {
    const page = browserPageEnv()
    page.tone('up')
    const [context] = contexts
    context!.state = 'interrupted'
    page.tone('up')
    expect([context?.resume.mock.calls.length, contexts.length]).toEqual([1, 1])
  })

  it('goes on with a sentence until it is said or hushed', () => {
    let [speaking, pending] = [false, true]
    const cancel = () => { speaking = pending = false }
    vi.stubGlobal('speechSynthesis', { speak: () => undefined, cancel, get speaking() { return speaking }, get pending() { return pending } })
    const page = browserPageEnv()
    page.speak('48752 talks', 'en')
    expect(page.isSpeaking()).toBe(true)
    ;[speaking, pending] = [true, false]
    expect(page.isSpeaking()).toBe(true)
    page.hush()
    expect(page.isSpeaking()).toBe(false)
  })

  it('leaves alone what others say while it has said nothing', () => {
    const cancel = vi.fn()
    vi.stubGlobal('speechSynthesis', { speak: () => undefined, cancel, speaking: true, pending: false })
    const page = browserPageEnv()
    page.hush()
    expect(cancel).not.toHaveBeenCalled()
    page.speak('48752 talks', 'en')
    page.hush()
    page.hush()
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('is nothing where there is none', () => {
    vi.stubGlobal('AudioContext', undefined)
    vi.stubGlobal('speechSynthesis', undefined)
    const page = browserPageEnv()
    page.tone('up')
    page.speak('x', 'en')
    page.hush()
    expect([page.canSound(), page.canSpeak(), page.isSpeaking(), said]).toEqual([false, false, false, []])
  })
})

describe('the memory of a page', () => {
  const refuse = () => { throw new DOMException('The operation is insecure.', 'SecurityError') }
  let stored: Map<string, string>
  let full: boolean
  beforeEach(() => {
    stored = new Map()
    full = false
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => { if (full) refuse(); else stored.set(key, value) },
      removeItem: (key: string) => stored.delete(key),
    })
  })
  afterEach(() => { vi.unstubAllGlobals() })

  it('is the browser\'s, under a name of its own', () => {
    browserPageEnv().remember('theme', 'dark')
    expect([...stored]).toEqual([['supermon-live.theme', 'dark']])
    expect(browserPageEnv().recall('theme')).toBe('dark')
  })

  it('lasts as long as the page where the browser refuses', () => {
    vi.stubGlobal('localStorage', { getItem: refuse, setItem: refuse, removeItem: refuse })
    const page = browserPageEnv()
    expect(page.recall('theme')).toBeNull()
    page.remember('theme', 'dark')
    expect([page.recall('theme'), browserPageEnv().recall('theme')]).toEqual(['dark', null])
    page.remember('theme', null)
    expect(page.recall('theme')).toBeNull()
  })

  it('is the newest also while the browser is full, and its own again once there is room', () => {
    const page = browserPageEnv()
    page.remember('theme', 'dark')
    full = true
    page.remember('theme', 'contrast')
    expect([page.recall('theme'), stored.get('supermon-live.theme')]).toEqual(['contrast', 'dark'])
    full = false
    page.remember('theme', 'light')
    stored.set('supermon-live.theme', 'by another tab')
    expect(page.recall('theme')).toBe('by another tab')
  })
})

describe('the theme of a page', () => {
  const shown = () => document.documentElement.dataset['theme']
  afterEach(() => { delete document.documentElement.dataset['theme'] })

  it('is what somebody chose, and without a choice that which the page has by itself', () => {
    document.documentElement.dataset['theme'] = 'dark'
    const page = browserPageEnv()
    page.theme(null)
    expect(shown()).toBe('dark')
    page.theme('light')
    page.theme('contrast')
    expect(shown()).toBe('contrast')
    page.theme(null)
    expect(shown()).toBe('dark')
  })

  it('is the device\'s where the page has none, and another one that the page took meanwhile is kept', () => {
    const page = browserPageEnv()
    page.theme('light')
    page.theme(null)
    expect(shown()).toBeUndefined()
    document.documentElement.dataset['theme'] = 'dark'
    page.theme('light')
    page.theme(null)
    expect(shown()).toBe('dark')
  })
})

it('the document is marked with the language that is spoken', () => {
  browserPageEnv().markLanguage('de', 'ltr')
  expect([document.documentElement.lang, document.documentElement.dir]).toEqual(['de', 'ltr'])
})
