import { readFileSync, readdirSync } from 'node:fs'
import { AmiFramer } from '../../src/ami/framer.ts'
import type { AmiFrame } from '../../src/ami/framer.ts'
import { parseMessage } from '../../src/ami/message.ts'
import type { AmiMessage } from '../../src/ami/message.ts'

const FOLDER = new URL('../fixtures/captures/', import.meta.url)

export function captureNames(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => /^\d\d-.*\.txt$/.test(name))
    .sort()
}

/** What the server said in a capture, byte for byte; its README has the format. */
export function serverBytes(capture: string): Buffer {
  let bytes = ''
  for (const line of readFileSync(new URL(capture, FOLDER), 'utf8').split('\n')) {
    const text = /^\[ *\d+\.\d+\] S> (.*)$/.exec(line)?.[1]
    if (text === undefined || text === '<connection closed by server>') continue
    bytes += text.replaceAll('\\r', '\r').replaceAll('\\n', '\n')
  }
  return Buffer.from(bytes)
}

export function frames(chunks: Iterable<Uint8Array>): AmiFrame[] {
  const framer = new AmiFramer()
  return [...chunks].flatMap((chunk) => framer.push(chunk))
}

/** Cuts bytes at random places, seeded. */
export function randomCuts(bytes: Buffer, random: () => number): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const size = 1 + Math.floor(random() ** 3 * 200)
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return chunks
}

/** mulberry32 */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Messages of a stream that begins with a greeting. */
export function messages(bytes: Buffer): AmiMessage[] {
  return frames([bytes]).flatMap((frame) => (frame.kind === 'block' ? [parseMessage(frame)] : []))
}

export function replyTo(capture: string, actionId: string): AmiMessage {
  const found = messages(serverBytes(capture))
    .filter((message) => message.actionId === actionId)
    .at(-1)
  if (!found) throw new Error(`${capture} has no reply with ActionID ${actionId}`)
  return found
}

/** A message from its lines, given without line ends. */
export function message(...lines: string[]): AmiMessage {
  return parseMessage({ text: lines.join('\r\n'), follows: false })
}

/** What a reader made of it. @throws when it did not understand it */
export function understood<T>(read: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string }): T {
  if (!read.ok) throw new Error(read.message)
  return read.value
}
