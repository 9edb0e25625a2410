/** A fleet on one machine: fake Asterisks, edges beside them, a real broker, and fronts. */
import { MqttBroker } from '../../src/fleet/broker.ts'
import type { AppOptions } from '../../src/app.ts'
import { systemClock } from '../../src/env/clock.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { EdgeSetup } from '../../src/overAmi.ts'
import type { FrontSetup } from '../../src/overMqtt.ts'
import { Mosquitto } from './mosquitto.ts'
import { nodeConfig, runApp } from './running.ts'

type Running = Awaited<ReturnType<typeof runApp>>
const quiet = { info: () => undefined, warn: () => undefined }

export class Fleet {
  readonly mosquitto: Mosquitto
  readonly #ends: (() => Promise<unknown>)[] = []

  private constructor(mosquitto: Mosquitto) {
    this.mosquitto = mosquitto
  }

  static async start(lines?: readonly string[], persists?: boolean): Promise<Fleet> {
    return new Fleet(await Mosquitto.start(lines, persists))
  }

  async fake(options: Partial<Parameters<typeof startFakeAsterisk>[0]> = {}): Promise<FakeAsterisk> {
    const fake = await startFakeAsterisk({ nodes: 1, links: 5, scenario: 'quiet', seed: 1, user: 'admin', secret: 'demo', port: 0, controlPort: null, ...options })
    this.#ends.push(() => fake.close())
    return fake
  }

  /** @param orders whose orders it takes; left out, nobody's */
  async edge(name: string, fake: Pick<FakeAsterisk, 'nodes' | 'port'>, options: Partial<AppOptions> = {}, url = this.mosquitto.url, orders: Pick<EdgeSetup, 'fronts'> = {}): Promise<Running> {
    const app = await runApp(fake.nodes.map((node) => nodeConfig(node, fake.port)), {
      edge: { ...orders, name, connect: (will) => new MqttBroker({ url, clientId: `edge-${name}`, will, clock: options.clock ?? systemClock, random: Math.random, log: quiet }) },
      ...options,
    })
    this.#ends.push(() => app.close(0))
    return app
  }

  async front(name: string, options: Partial<AppOptions> = {}, url = this.mosquitto.url, orders: Pick<FrontSetup, 'signKey'> = {}): Promise<Running> {
    const app = await runApp(null, {
      front: { ...orders, name, connect: () => new MqttBroker({ url, clientId: `front-${name}`, clock: options.clock ?? systemClock, random: Math.random, log: quiet }) },
      ...options,
    })
    this.#ends.push(() => app.close(0))
    return app
  }

  async close(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end()
    await this.mosquitto.stop()
  }
}
