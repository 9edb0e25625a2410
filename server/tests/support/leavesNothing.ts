/** Files of these tests share a process: none may leave it other than it was, or the next would fail or, worse, pass. */
import { afterAll, beforeAll, expect, vi } from 'vitest'

const SIGNALS = ['uncaughtException', 'unhandledRejection', 'warning', 'exit', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const
const GLOBALS = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'queueMicrotask', 'fetch', 'WebSocket', 'Date', 'performance'] as const

const traces = () => ({
  fakeTimers: vi.isFakeTimers(),
  listeners: SIGNALS.map((name) => `${name} ${process.listenerCount(name)}`),
  cwd: process.cwd(),
})
const globals = () => GLOBALS.map((name) => (globalThis as Record<string, unknown>)[name])

let before: ReturnType<typeof traces>
let env: NodeJS.ProcessEnv
let doors: unknown[]

beforeAll(() => {
  before = traces()
  env = { ...process.env }
  doors = globals()
})
afterAll(() => {
  expect(traces()).toEqual(before)
  // Names only: a machine's variables are no news for a log.
  expect(Object.keys({ ...env, ...process.env }).filter((name) => process.env[name] !== env[name])).toEqual([])
  expect(GLOBALS.filter((_, i) => globals()[i] !== doors[i])).toEqual([])
})
