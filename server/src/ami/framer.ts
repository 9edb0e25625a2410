import { blockText } from './blockText.ts'
import { printable } from '../env/printable.ts'

/** Why a byte stream can't be followed any further. */
export type AmiFrameErrorCode = 'not-ami' | 'banner-too-long' | 'block-too-large'

/**
 * What the framer found:
 * - `banner`: the greeting line, without its line end (`Asterisk Call Manager/11.0.0`);
 * - `block`: one message without its closing empty line. `text` is `''` for an empty block: that is how Asterisk
 *   answers a VoterStatus that matched nothing. With `follows` the text is the old `Response: Follows` form, without
 *   its end marker;
 * - `error`: the stream is not AMI, or broke a limit. It is the last frame there will be.
 */
export type AmiFrame =
  | { readonly kind: 'banner'; readonly text: string }
  | { readonly kind: 'block'; readonly text: string; readonly follows: boolean }
  | { readonly kind: 'error'; readonly code: AmiFrameErrorCode; readonly message: string }

export interface AmiFramerOptions {
  /** Largest block in bytes, its line ends included. A hub's LinkedNodes line has tens of kB. Default 8 MiB. */
  readonly maxBlockBytes?: number
  /** Longest greeting line in bytes. Default 256. */
  readonly maxBannerBytes?: number
  /**
   * Is an answer with this ActionID to come? Only then `Response: Follows` begins raw text: what app_rpt repeats of others can hold such a
   * line as well, and all that is behind it would wait for an end that never comes. Default: any is.
   */
  readonly awaits?: (actionId: string) => boolean
}

const CR = 0x0d
const LF = 0x0a
const BANNER = Buffer.from('Asterisk Call Manager/')
const END_COMMAND = Buffer.from('--END COMMAND--\r\n\r\n')
/** The first line of such an answer, and the last before its text (Asterisk 1.4 to 13 action_command). */
const FOLLOWS = /^response:[ \t]*follows[ \t]*$/i
const ACTION_ID = /^actionid:[ \t]*(\S{1,200})[ \t]*$/i
const SMALL = 4096
const LARGE = 256 * 1024

/**
 * Cuts a TCP stream from Asterisk into messages, however the segments fell.
 *
 * Rules (Asterisk main/manager.c): one greeting line; then messages, each ended by an empty line, every line ended by
 * CRLF. A bare LF ends nothing: Asterisk 1.4 and app_rpt before 3.0.5 put one inside the two times of every event
 * (app_rpt rpt_manager.c). `Response: Follows` (Asterisk before 14) is, behind its ActionID, raw text up to
 * `--END COMMAND--`, empty lines included.
 *
 * Work is linear in bytes received, also for one byte at a time; memory is bounded by twice
 * `maxBlockBytes` + the largest chunk.
 * Never throws: trouble is an `error` frame, after which `push` returns nothing.
 */
export class AmiFramer {
  readonly #maxBlock: number
  readonly #maxBanner: number
  readonly #awaits: (actionId: string) => boolean
  #mode: 'banner' | 'headers' | 'follows' | 'broken' = 'banner'
  #bytes: Buffer = Buffer.allocUnsafe(SMALL)
  /** Where the current block starts, where its current line starts, how far it was searched, where the data ends. */
  #start = 0
  #line = 0
  #scan = 0
  #end = 0
  /** The current block began with `Response: Follows`. */
  #mayFollow = false

  constructor(options: AmiFramerOptions = {}) {
    this.#maxBlock = options.maxBlockBytes ?? 8 * 1024 * 1024
    this.#maxBanner = options.maxBannerBytes ?? 256
    this.#awaits = options.awaits ?? (() => true)
  }

  /** Bytes of an unfinished message held back. */
  get pendingBytes(): number {
    return this.#end - this.#start
  }

  push(chunk: Uint8Array): AmiFrame[] {
    if (this.#mode === 'broken') return []
    this.#append(chunk)
    const frames: AmiFrame[] = []
    for (;;) {
      const frame = this.#next()
      if (frame === null) break
      frames.push(frame)
      if (frame.kind === 'error') break
    }
    if (this.#start === this.#end && this.#bytes.length > LARGE) this.#reset(SMALL)
    return frames
  }

  #next(): AmiFrame | null {
    switch (this.#mode) {
      case 'banner':
        return this.#banner()
      case 'headers':
        return this.#headers()
      case 'follows':
        return this.#follows()
      case 'broken':
        return null
    }
  }

  #banner(): AmiFrame | null {
    const seen = Math.min(this.pendingBytes, BANNER.length)
    const same = BANNER.compare(this.#bytes, this.#start, this.#start + seen, 0, seen) === 0
    if (!same) {
      const said = printable(this.#bytes.toString('latin1', this.#start, Math.min(this.#end, this.#start + 200)), 60)
      return this.#break('not-ami', `the greeting is ${JSON.stringify(said)}`)
    }
    const lf = this.#find(LF)
    const size = (lf < 0 ? this.#end : lf + 1) - this.#start
    if (size > this.#maxBanner) return this.#break('banner-too-long', `the greeting is over ${this.#maxBanner} bytes`)
    if (lf < 0) return null
    const to = this.#bytes[lf - 1] === CR ? lf - 1 : lf
    const text = this.#bytes.toString('latin1', this.#start, to)
    this.#mode = 'headers'
    this.#consume(lf + 1)
    return { kind: 'banner', text }
  }

  #headers(): AmiFrame | null {
    for (;;) {
      const lf = this.#find(LF)
      if (lf < 0) return this.#tooLarge(this.#end)
      this.#scan = lf + 1
      if (lf === this.#line || this.#bytes[lf - 1] !== CR) continue
      const lineEnd = lf - 1
      if (lineEnd === this.#line) {
        const error = this.#tooLarge(lf + 1)
        if (error) return error
        const textEnd = this.#line === this.#start ? this.#start : this.#line - 2
        const text = blockText(this.#bytes.subarray(this.#start, textEnd))
        this.#consume(lf + 1)
        return { kind: 'block', text, follows: false }
      }
      const follows = this.#textBegins(lineEnd)
      this.#line = lf + 1
      if (follows) {
        this.#mode = 'follows'
        return this.#follows()
      }
    }
  }

  /** Is the line that ends here the last one before raw text? */
  #textBegins(lineEnd: number): boolean {
    const first = this.#line === this.#start
    const length = lineEnd - this.#line
    if (length < 10 || length > 220 || (!first && !this.#mayFollow)) return false
    const line = this.#bytes.toString('latin1', this.#line, lineEnd)
    if (first) this.#mayFollow = FOLLOWS.test(line)
    const id = first ? undefined : ACTION_ID.exec(line)?.[1]
    return id !== undefined && this.#awaits(id)
  }

  #follows(): AmiFrame | null {
    const data = this.#bytes.subarray(0, this.#end)
    const at = data.indexOf(END_COMMAND, this.#scan)
    if (at < 0) {
      this.#scan = Math.max(this.#scan, this.#end - END_COMMAND.length + 1)
      return this.#tooLarge(this.#end)
    }
    const error = this.#tooLarge(at + END_COMMAND.length)
    if (error) return error
    const text = blockText(this.#bytes.subarray(this.#start, at))
    this.#mode = 'headers'
    this.#consume(at + END_COMMAND.length)
    return { kind: 'block', text, follows: true }
  }

  #find(byte: number): number {
    const at = this.#bytes.subarray(0, this.#end).indexOf(byte, this.#scan)
    if (at < 0) this.#scan = this.#end
    return at
  }

  #tooLarge(to: number): AmiFrame | null {
    if (to - this.#start <= this.#maxBlock) return null
    return this.#break('block-too-large', `a message is over ${this.#maxBlock} bytes`)
  }

  #break(code: AmiFrameErrorCode, message: string): AmiFrame {
    this.#mode = 'broken'
    this.#reset(0)
    return { kind: 'error', code, message }
  }

  #consume(to: number): void {
    this.#start = this.#line = this.#scan = to
    this.#mayFollow = false
    if (to === this.#end) this.#start = this.#line = this.#scan = this.#end = 0
  }

  #reset(capacity: number): void {
    this.#bytes = Buffer.allocUnsafe(capacity)
    this.#start = this.#line = this.#scan = this.#end = 0
  }

  #append(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#bytes.length) this.#makeRoom(chunk.length)
    this.#bytes.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /**
   * Moves the pending bytes to the front, into twice the room when they fill more than half: amortised constant per
   * byte.
   */
  #makeRoom(extra: number): void {
    const pending = this.pendingBytes
    const needed = pending + extra
    const room = needed * 2 > this.#bytes.length ? Buffer.allocUnsafe(needed * 2) : this.#bytes
    this.#bytes.copy(room, 0, this.#start, this.#end)
    this.#line -= this.#start
    this.#scan -= this.#start
    this.#start = 0
    this.#end = pending
    this.#bytes = room
  }
}
