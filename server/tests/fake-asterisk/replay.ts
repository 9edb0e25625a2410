/** Plays the client's side of a capture to a server and pairs what it says with what the real one said. */
import { setImmediate as turn } from 'node:timers/promises'
import type { CapturedPiece } from '../fixtures/capture.ts'
import type { ManualClock } from '../support/manualClock.ts'
import { normalise } from './bench.ts'
import { RawClient } from './rawClient.ts'

interface Exchange {
  /** Seconds in the capture. */
  readonly t: number
  readonly sent: string
  readonly expected: string
}

export interface Played {
  readonly sent: string
  readonly expected: string
  readonly got: string
}

/** One exchange per thing the client said; what the server says first belongs to an empty one. */
function exchanges(pieces: readonly CapturedPiece[]): readonly Exchange[] {
  const list: { t: number; sent: string; expected: string }[] = [{ t: 0, sent: '', expected: '' }]
  let last: 'C' | 'S' = 'S'
  for (const piece of pieces) {
    if (piece.dir === 'C' && last === 'S') list.push({ t: piece.t, sent: '', expected: '' })
    const current = list.at(-1)
    if (current === undefined) continue
    if (piece.dir === 'C') current.sent += piece.bytes.toString('latin1')
    else current.expected += piece.closed ? '<closed>' : piece.bytes.toString('latin1')
    last = piece.dir
  }
  return list
}

/** How much of a reply there is: empty lines, or the line of the greeting, and the close. */
function extent(text: string): number {
  return (
    text.split('\r\n').filter((line, i, lines) => line === '' && i < lines.length - 1).length +
    (text.includes('<closed>') ? 1 : 0)
  )
}

/**
 * `before` runs ahead of the exchange whose request contains its key. While a reply is waited for the clock moves, so that
 * whatever the server has to wait for itself comes about.
 */
export async function replay(
  pieces: readonly CapturedPiece[],
  port: number,
  clock: ManualClock,
  {
    before = {},
    rewrite = (text) => text,
  }: {
    readonly before?: Readonly<Record<string, () => Promise<void> | void>>
    readonly rewrite?: (request: string, got: string) => string
  } = {},
): Promise<readonly Played[]> {
  const client = await RawClient.open(port)
  const start = clock.now()
  const played: Played[] = []
  try {
    let all = ''
    for (const { t, sent, expected } of exchanges(pieces)) {
      for (const [key, run] of Object.entries(before)) if (sent.includes(key)) await run()
      clock.advance(Math.max(0, start + t * 1_000 - clock.now()))
      const request = rewrite(sent, all)
      if (request !== '') client.send(request)
      const from = all.length
      // Only there to fail: a busy machine plays 20 s in several.
      const giveUp = performance.now() + 20_000
      const got = () => all.slice(from)
      for (;;) {
        all = client.text + (client.closed ? '<closed>' : '')
        if (extent(got()) >= extent(expected) && got().length > 0) break
        if (expected === '' || performance.now() > giveUp) break
        for (let i = 0; i < 5; i += 1) await turn()
        clock.advance(20)
      }
      played.push({ sent: request, expected: normalise(expected), got: normalise(got()) })
    }
  } finally {
    client.close()
  }
  return played
}
