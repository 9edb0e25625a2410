import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk, FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { ManualClock } from './manualClock.ts'
import { nodeConfig, passUntil, runHeldApp, Watcher } from './running.ts'
import { TcpProxy } from './tcpProxy.ts'

export const NODE = '546051'

export interface HeldNode {
  readonly clock: ManualClock
  readonly fake: FakeAsterisk
  readonly watcher: Watcher
  /** Waits for `check` to hold. @returns how much time passed, ms */
  pass(this: void, check: () => boolean, what: string): Promise<number>
  /** How often Asterisk was asked so far: `XStat`, `SawStat`. */
  asked(this: void, command: string): number
}

/**
 * A gateway of one node, up and with a viewer, in time that the test moves; what it asks its Asterisk is counted.
 * @param closers what must be closed afterwards, in the other order
 * @param user whom Asterisk knows the gateway by
 */
export async function openHeldNode(closers: (() => unknown)[], options: FakeAsteriskOptions, user?: string): Promise<HeldNode> {
  const clock = new ManualClock()
  const fake = await startFakeAsterisk({ nodes: [NODE], clock, ...options })
  closers.push(() => fake.close())
  const proxy = new TcpProxy(fake.port)
  await proxy.listen()
  closers.push(() => proxy.close())
  const app = await runHeldApp([nodeConfig(NODE, proxy.port, 'demo', user)], { clock, beatMs: 3_600_000 })
  closers.push(() => app.close(0))
  const watcher = new Watcher(app, NODE)
  closers.push(() => { watcher.close() })
  const pass = (check: () => boolean, what: string) => passUntil(clock, check, what)
  await pass(() => watcher.state.reach === 'up', 'up')
  return { clock, fake, watcher, pass, asked: (command) => proxy.said.split(`COMMAND: ${command}\r\n`).length - 1 }
}
