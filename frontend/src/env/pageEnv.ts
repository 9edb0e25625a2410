import { browserPageMemory } from './pageMemory.ts'
import type { PageMemory } from './pageMemory.ts'

/**
 * What only a page with a person in front of it has: things remembered in this browser, the address's query, wishes about
 * looks and language, sound and speech. Apart from {@link Env}, which services and the simulation need as well.
 */
export interface PageEnv extends PageMemory {
  /** Languages the person reads, best first, as in `de-AT`. */
  languages(): readonly string[]
  /** Does this media query hold, e.g. `(prefers-contrast: more)`? */
  matches(media: string): boolean
  /** Calls `handler` whenever that changes. Returns the way out. */
  onMatch(media: string, handler: (holds: boolean) => void): () => void
  /** Calls `handler` with true right before the page is printed, and with false afterwards. Returns the way out. */
  onPrint(handler: (printing: boolean) => void): () => void
  /** Shows the page in this theme of the style sheet; null = as it was before anybody chose: in one of its own, or as the device is. */
  theme(name: string | null): void
  /** The document is in this language from now on. @param language as in `<html lang>` */
  markLanguage(language: string, direction: 'ltr' | 'rtl'): void
  /** The page anew, as the server has it now, at the same address. */
  reload(): void
  /** Has this browser sound? */
  canSound(): boolean
  /** A short tone: rising for `up`, falling for `down`. Silent where the browser forbids it before the first touch. */
  tone(kind: 'up' | 'down'): void
  /** Says it aloud, after what is being said. @param language as in `en` */
  speak(text: string, language: string): void
  /** Is anything being said, or about to be? */
  isSpeaking(): boolean
  /** Ends what {@link speak} is saying, in the middle of a word. */
  hush(): void
  /** Can this browser speak at all? */
  canSpeak(): boolean
}

/** The real browser. Nothing is touched before a method is called. */
export function browserPageEnv(): PageEnv {
  /** Others on the page may speak as well: they are not cut short by a page that never spoke. */
  let spoke = false
  /** The page's own theme while another is shown; null = it is shown itself. */
  let own: { readonly theme: string | undefined } | null = null
  return {
    ...browserPageMemory(),
    languages: () => (typeof navigator === 'undefined' ? [] : navigator.languages),
    matches: (media) => typeof matchMedia !== 'undefined' && matchMedia(media).matches,
    onMatch(media, handler) {
      if (typeof matchMedia === 'undefined') return () => undefined
      const list = matchMedia(media)
      const listener = () => { handler(list.matches) }
      list.addEventListener('change', listener)
      return () => { list.removeEventListener('change', listener) }
    },
    onPrint(handler) {
      if (typeof window === 'undefined') return () => undefined
      const [before, after] = [() => { handler(true) }, () => { handler(false) }]
      window.addEventListener('beforeprint', before)
      window.addEventListener('afterprint', after)
      return () => {
        window.removeEventListener('beforeprint', before)
        window.removeEventListener('afterprint', after)
      }
    },
    theme(name) {
      if (typeof document === 'undefined' || (name === null && own === null)) return
      const { dataset } = document.documentElement
      own ??= { theme: dataset['theme'] }
      const next = name ?? own.theme
      if (name === null) own = null
      if (next === undefined) delete dataset['theme']
      else dataset['theme'] = next
    },
    markLanguage(language, direction) {
      if (typeof document === 'undefined') return
      document.documentElement.lang = language
      document.documentElement.dir = direction
    },
    reload() {
      if (typeof location !== 'undefined') location.reload()
    },
    canSound: () => typeof AudioContext !== 'undefined',
    tone: makeTone(),
    speak(text, language) {
      if (typeof speechSynthesis === 'undefined' || !isTouched()) return
      const utterance = new SpeechSynthesisUtterance(text)
      utterance.lang = language
      speechSynthesis.speak(utterance)
      spoke = true
    },
    isSpeaking: () => typeof speechSynthesis !== 'undefined' && (speechSynthesis.speaking || speechSynthesis.pending),
    hush() {
      if (spoke) speechSynthesis.cancel()
      spoke = false
    },
    canSpeak: () => typeof speechSynthesis !== 'undefined',
  }
}

const TONE_S = 0.12

/** Before the first touch a browser makes no sound; what is asked for then would come all at once with that touch. */
function isTouched(): boolean {
  // Typed as always there; older browsers lack it, and judge by themselves.
  const { userActivation } = navigator as { readonly userActivation?: UserActivation }
  return userActivation?.hasBeenActive !== false
}

/** One audio context for the page, made at the first tone: browsers count them. */
function makeTone(): PageEnv['tone'] {
  let context: AudioContext | null = null
  return (kind) => {
    if (typeof AudioContext === 'undefined' || !isTouched()) return
    context ??= new AudioContext()
    // A phone that rang, or slept, leaves it suspended.
    if (context.state !== 'running') void context.resume().catch(() => undefined)
    const { currentTime } = context
    const [from, to] = kind === 'up' ? [520, 780] : [620, 410]
    const oscillator = context.createOscillator()
    const gain = context.createGain()
    oscillator.frequency.setValueAtTime(from, currentTime)
    oscillator.frequency.linearRampToValueAtTime(to, currentTime + TONE_S)
    gain.gain.setValueAtTime(0.12, currentTime)
    gain.gain.exponentialRampToValueAtTime(0.001, currentTime + TONE_S)
    oscillator.connect(gain).connect(context.destination)
    oscillator.start(currentTime)
    oscillator.stop(currentTime + TONE_S)
  }
}
