/** A whole server in this process, and viewers of it, for integration tests. Everything on loopback and free ports. */
import { WebSocket } from 'ws'
import type { ServerFrame } from '../../../protocol/frames.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import { EMPTY_NODE } from '../../../protocol/nodeState.ts'
import { applyPatch, readState } from '../../../protocol/patch.ts'
import { startApp } from '../../src/app.ts'
import type { App, AppOptions } from '../../src/app.ts'
import type { NodeConfig } from '../../src/config/allmonIni.ts'
import { Secret } from '../../src/config/secret.ts'
import { letRun, ManualClock } from './manualClock.ts'

export function nodeConfig(id: string, port: number, secret = 'demo', user = 'admin'): NodeConfig {
  return {
    id, host: '127.0.0.1', port, user, secret: new Secret(secret), system: 'Nodes', menu: true, hideNodeURL: false,
    listenlive: null, archive: null, lsnodes: null,
  }
}

export interface LogLine {
  readonly level: 'info' | 'warn'
  readonly message: string
}

/** A gateway's log, with all fields. */
export function logbook() {
  const lines: Record<string, unknown>[] = []
  const write = (fields: object, message: string) => { lines.push({ ...fields, message }) }
  return { lines, log: { info: write, warn: write } }
}

export async function runApp(nodes: AppOptions['nodes'], options: Partial<AppOptions> = {}): Promise<App & { readonly log: LogLine[] }> {
  const log: LogLine[] = []
  const app = await startApp({
    nodes,
    names: () => null,
    port: 0,
    host: '127.0.0.1',
    base: '',
    version: 'test',
    dialect: 'plan',
    files: null,
    demo: false,
    log: {
      info: (_fields, message) => { log.push({ level: 'info', message }) },
      warn: (_fields, message) => { log.push({ level: 'warn', message }) },
    },
    ...options,
  })
  return Object.assign(app, { log })
}

/** The same in time that moves when the test says so. While it closes, time runs. */
export async function runHeldApp(nodes: AppOptions['nodes'], options: Partial<AppOptions> & { readonly clock?: ManualClock } = {}) {
  const { clock = new ManualClock() } = options
  const app = await runApp(nodes, { ...options, clock })
  const close = async (spreadMs?: number): Promise<void> => {
    await app.close(spreadMs).finally(letRun(clock))
  }
  return { ...app, clock, close }
}

/** Waits for `check` to hold, looking each time something happens and every 10 ms. */
export async function until(check: () => boolean, what: string | (() => string), ms = 20_000): Promise<void> {
  const end = Date.now() + ms
  while (!check()) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${typeof what === 'string' ? what : what()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** The same where time is held: 50 ms of it pass with each look. @returns how much passed, ms */
export async function passUntil(clock: ManualClock, check: () => boolean, what: string): Promise<number> {
  const from = clock.now()
  const looked = () => {
    if (check()) return true
    clock.advance(50)
    return false
  }
  await until(looked, what)
  return clock.now() - from
}

/** A viewer of one node that speaks `supermon.v2` and keeps the state as a client would. */
export class Watcher {
  readonly frames: (ServerFrame & { readonly receivedAt: number })[] = []
  readonly #socket: WebSocket
  state: NodeState = EMPTY_NODE
  closed: { code: number; reason: string } | null = null

  constructor(app: Pick<App, 'url'>, node: string, query = '') {
    this.#socket = new WebSocket(`${app.url.replace('http', 'ws')}ws/${node}${query}`, 'supermon.v2')
    this.#socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as ServerFrame
      this.frames.push({ ...frame, receivedAt: performance.now() })
      if (frame.type === 'snapshot') this.state = readState(frame.state)
      if (frame.type === 'patch') this.state = applyPatch(this.state, frame.patch)
    })
    this.#socket.on('close', (code, reason) => { this.closed = { code, reason: reason.toString() } })
    this.#socket.on('error', () => undefined)
  }
  /** Where it stands in the order of what was said of its node. */
  get place(): { epoch: string; seq: number } | null {
    for (const frame of [...this.frames].reverse()) if ('seq' in frame) return { epoch: frame.epoch, seq: frame.seq }
    return null
  }
  /** How often it was told the whole state. */
  get snapshots(): number {
    return this.frames.filter(({ type }) => type === 'snapshot').length
  }
  send(frame: object): void {
    this.#socket.send(JSON.stringify(frame))
  }
  close(): void {
    this.#socket.terminate()
  }
  link(name: string) {
    return this.state.links[name]
  }
  until(check: (state: NodeState) => boolean, what: string, ms?: number): Promise<void> {
    return until(() => check(this.state), () => `${what}; state ${JSON.stringify(this.state)}`, ms)
  }
  up(): Promise<void> {
    return this.until((state) => state.reach === 'up', 'reach up')
  }
}
