import type { PageEnv } from '../../../src/env/pageEnv.ts'

/** A page under a test's hand: what it remembers, holds and has said. */
export class FakePageEnv implements PageEnv {
  readonly memory = new Map<string, string>()
  /** The address's query. */
  readonly asked = new Map<string, string>()
  readonly held = new Set<string>()
  spoken: string[] = []
  /** The voice is still at it. */
  speaking = false
  tones: string[] = []
  speech = true
  sound = true
  /** What the document is marked as, `de ltr`. */
  marked = ''
  tongues: readonly string[] = ['en-US']
  readonly #handlers = new Map<string, Set<(holds: boolean) => void>>()

  recall(key: string): string | null {
    return this.memory.get(key) ?? null
  }
  remember(key: string, value: string | null): void {
    if (value === null) this.memory.delete(key)
    else this.memory.set(key, value)
  }
  query(name: string): string | null {
    return this.asked.get(name) ?? null
  }
  languages(): readonly string[] {
    return this.tongues
  }
  matches(media: string): boolean {
    return this.held.has(media)
  }
  onMatch(media: string, handler: (holds: boolean) => void): () => void {
    const handlers = this.#handlers.get(media) ?? new Set()
    this.#handlers.set(media, handlers.add(handler))
    return () => { handlers.delete(handler) }
  }
  /** The medium changes. */
  set(media: string, holds: boolean): void {
    if (holds) this.held.add(media)
    else this.held.delete(media)
    for (const handler of this.#handlers.get(media) ?? []) handler(holds)
  }
  readonly #printers = new Set<(printing: boolean) => void>()
  onPrint(handler: (printing: boolean) => void): () => void {
    this.#printers.add(handler)
    return () => { this.#printers.delete(handler) }
  }
  /** The page is about to be printed, or has been. */
  print(printing: boolean): void {
    for (const handler of this.#printers) handler(printing)
  }
  /** What it is shown in; the page's own until something is chosen. */
  themed: string | null = null
  #own: { readonly theme: string | null } | null = null
  theme(name: string | null): void {
    if (name === null && this.#own === null) return
    this.#own ??= { theme: this.themed }
    this.themed = name ?? this.#own.theme
    if (name === null) this.#own = null
  }
  markLanguage(language: string, direction: 'ltr' | 'rtl'): void {
    this.marked = `${language} ${direction}`
  }
  reloads = 0
  reload(): void {
    this.reloads += 1
  }
  canSound(): boolean {
    return this.sound
  }
  tone(kind: 'up' | 'down'): void {
    this.tones.push(kind)
  }
  speak(text: string): void {
    this.spoken.push(text)
  }
  isSpeaking(): boolean {
    return this.speaking
  }
  hush(): void {
    this.speaking = false
  }
  canSpeak(): boolean {
    return this.speech
  }
}
