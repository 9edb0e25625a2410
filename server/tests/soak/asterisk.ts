/** An Asterisk that may be killed, silenced and put up anew as another one, always at the same address. */
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk, FakeNodeState } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { ownAddress, TcpProxy } from '../support/tcpProxy.ts'

/** Nothing lingers: what is true is settled the moment it is turned. */
const AT_ONCE = { linkHangMs: 0, localHangMs: 0, connectTelemetryMs: 0, dropTelemetryMs: 0, dialMs: 0 }
const LINKS = 6

export class Asterisk {
  /** What the gateway's configuration says is here. */
  readonly nodes: readonly string[]
  readonly proxy: TcpProxy
  /** Why nobody is answered now, by who does it: two faults may be at it. */
  readonly deafBy = new Set<string>()
  #fake: FakeAsterisk

  private constructor(nodes: readonly string[], fake: FakeAsterisk, proxy: TcpProxy) {
    this.nodes = nodes
    this.proxy = proxy
    this.#fake = fake
  }

  static async start(nodes: readonly string[], seed: number): Promise<Asterisk> {
    const fake = await open(nodes, seed)
    const proxy = new TcpProxy(fake.port, ownAddress())
    await proxy.listen()
    return new Asterisk(nodes, fake, proxy)
  }

  get fake(): FakeAsterisk {
    return this.#fake
  }

  /** What is true of a node; null = this Asterisk does not have it. */
  truth(node: string): FakeNodeState | null {
    return this.#fake.state().nodes[node] ?? null
  }

  /** Would whoever asks be answered? */
  get answers(): boolean {
    return this.deafBy.size === 0
  }

  /** Another Asterisk in place of this one: other links, perhaps other nodes. Connections are reset. */
  async replace(nodes: readonly string[], seed: number): Promise<void> {
    const before = this.#fake
    this.#fake = await open(nodes, seed)
    this.proxy.target = this.#fake.port
    this.proxy.cut()
    await before.close()
  }

  async close(): Promise<void> {
    await this.proxy.close()
    await this.#fake.close()
  }
}

function open(nodes: readonly string[], seed: number): Promise<FakeAsterisk> {
  return startFakeAsterisk({ nodes, links: LINKS, seed, telemetry: false, voterReceivers: 0, timing: AT_ONCE })
}
