import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { Page, Shown } from './page.ts'
import { History } from './history.ts'
import type { Truth } from './truth.ts'
import { Watchman } from './watchman.ts'
import type { Finding } from './watchman.ts'

const NODE = '546051'
const findings: Finding[] = []
let watchman: Watchman
let shown: Shown

/** A page that shows what the test says, of a node that transmits all the while. */
function watch(transport: 'socket' | 'polling'): void {
  const history = new History()
  const truth = {
    nodes: [NODE],
    history,
    note: (now: number) => { history.note(`${NODE} tx`, true, now); history.note('W5GLE sees 546051', true, now) },
    untrueSince: (_node: string, { tx }: Shown['state'] & object, from: number) => (history.wasSince(`${NODE} tx`, tx ?? null, from) ? [] : ['tx false, is true']),
  }
  const page = {
    number: 1, name: '1', kind: { jar: { user: 'W5GLE' } }, pollPatience: 1_000,
    shows: () => shown,
    client: { env: { now: () => 0 }, sockets: { heardAt: () => 0, onNodeMessage: () => () => undefined } },
  }
  shows(transport, true)
  watchman = new Watchman({
    pages: [page as unknown as Page], truth: truth as unknown as Truth, blindMs: () => 0, onFinding: (finding) => { findings.push(finding) },
  })
  watchman.begin()
}
function shows(transport: 'socket' | 'polling', tx: boolean): void {
  shown = { state: { ...EMPTY_NODE, reach: 'up', tx }, stale: false, transport }
}

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => {
  watchman.end()
  findings.length = 0
  vi.useRealTimers()
})

it.each([['socket', 400, 600], ['polling', 1_400, 1_600]] as const)('what may have been true for a moment between two looks is let pass by %s for %i ms, and not for %i', (transport, passes, found) => {
  watch(transport)
  vi.advanceTimersByTime(20_000)
  shows(transport, false)
  vi.advanceTimersByTime(passes)
  shows(transport, true)
  vi.advanceTimersByTime(500)
  expect(findings).toEqual([])
  shows(transport, false)
  vi.advanceTimersByTime(found + 100)
  expect(findings.map(({ rule }) => rule)).toContain('stale')
})
