/** A fake Asterisk on held time, one who commands it, and one who gets its events. */
import type { FakeAsterisk, FakeAsteriskOptions, FakeLinkState } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { ManualClock } from '../support/manualClock.ts'
import { startBench } from './bench.ts'
import { loggedIn } from './rawClient.ts'
import type { RawClient } from './rawClient.ts'

export class CommandBench {
  readonly fake: FakeAsterisk
  readonly clock: ManualClock
  /** Asks and commands. */
  readonly client: RawClient
  /** Gets the events. */
  readonly watcher: RawClient

  private constructor(fake: FakeAsterisk, clock: ManualClock, client: RawClient, watcher: RawClient) {
    this.fake = fake
    this.clock = clock
    this.client = client
    this.watcher = watcher
  }

  static async start(options: FakeAsteriskOptions = {}): Promise<CommandBench> {
    const { fake, clock } = await startBench(options)
    return new CommandBench(fake, clock, await loggedIn(fake.port), await loggedIn(fake.port, { events: 'call' }))
  }

  async close(): Promise<void> {
    this.client.close()
    this.watcher.close()
    await this.fake.close()
  }

  cli(line: string): Promise<string> {
    return this.client.ask({ Action: 'Command', Command: line })
  }

  /** Sends a command and lets the node's loop pick it up. */
  async command(line: string): Promise<void> {
    await this.cli(line)
    this.clock.advance(20)
  }

  xstat(): Promise<string> {
    return this.client.ask({ Action: 'RptStatus', COMMAND: 'XStat', NODE: '1999' })
  }

  link(name: string): FakeLinkState | undefined {
    return this.fake.state().nodes['1999']?.links[name]
  }

  /** The values of one event, so far. Whatever the server sent before it answers a ping has come. */
  async values(event: string): Promise<readonly string[]> {
    this.watcher.action({ Action: 'Ping' })
    const text = await this.watcher.take('Ping: Pong')
    return [...text.matchAll(new RegExp(`Event: ${event}\r\n[^]*?EventValue: (.*)\r\n`, 'g'))].map((m) => m[1] ?? '')
  }
}
