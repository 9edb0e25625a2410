/** An Asterisk that fails on demand, behind a proxy that does, and what is true of it. */
import type { NodeState } from '../../../protocol/nodeState.ts'
import type { NodeConfig } from '../../src/config/allmonIni.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk, FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { nodeConfig } from './running.ts'
import { ownAddress, TcpProxy } from './tcpProxy.ts'

/** Does the AMI user read `call` events, or are polls all there is? */
export type Mode = 'event' | 'poll'

/** Nothing in the fake lingers: its truth is settled the moment it is turned. */
const AT_ONCE = { linkHangMs: 0, localHangMs: 0, connectTelemetryMs: 0, dropTelemetryMs: 0, dialMs: 0 }

/** What {@link BrokenAsterisk} is made of: the Asterisk, and the path to it. */
export async function openBroken(node: string, mode: Mode, options: FakeAsteriskOptions = {}) {
  const read = mode === 'event' ? 'system,call' : 'system'
  const fake = await startFakeAsterisk({ nodes: [node], links: 6, seed: Number(node), read, timing: AT_ONCE, ...options })
  const proxy = new TcpProxy(fake.port, ownAddress())
  await proxy.listen()
  return { fake, proxy }
}

export class BrokenAsterisk {
  readonly fake: FakeAsterisk
  readonly proxy: TcpProxy
  /** Its first node. */
  readonly node: string

  constructor({ fake, proxy }: Pick<BrokenAsterisk, 'fake' | 'proxy'>) {
    this.fake = fake
    this.proxy = proxy
    this.node = fake.nodes[0] as string
  }

  config(node = this.node): NodeConfig {
    return { ...nodeConfig(node, this.proxy.port), host: this.proxy.host }
  }

  async close(): Promise<void> {
    await this.proxy.close()
    await this.fake.close()
  }

  /** Link names whose key-ups app_rpt announces, in order. */
  get talkers(): string[] {
    const links = this.fake.state().nodes[this.node]?.links ?? {}
    return Object.keys(links).filter((name) => links[name]?.mode === 'transceive' && links[name].state === 'ESTABLISHED')
  }

  /** Somebody talks, locally and on the first link. Returns whether a state shows it. */
  async talk(): Promise<(state: NodeState) => boolean> {
    const link = this.talkers[0] as string
    await this.fake.linkKey({ node: this.node, link, on: true })
    await this.fake.key({ node: this.node, on: true })
    return ({ rx, links }) => rx === true && links[link]?.keyed === true
  }

  /** Another picture than before: other links, another mode, others talk. Done while nobody can see it. */
  async changeTopology(): Promise<void> {
    const { node, fake } = this
    const [talking, dropped, demoted, next] = this.talkers as [string, string, string, string]
    await fake.key({ node, on: false })
    await fake.linkKey({ node, link: talking, on: false })
    await fake.disconnect({ node, link: dropped })
    await fake.connect({ node, link: demoted, mode: 'monitor' })
    await fake.connect({ node, link: '48752', behind: ['T2700', 'R2701'] })
    await fake.connect({ node, link: '2999', mode: 'connecting' })
    await fake.linkKey({ node, link: next, on: true })
  }

  /** Where `state` differs from the fake's truth, in words; empty when it is all true. */
  lies(state: NodeState): string[] {
    const truth = this.fake.state().nodes[this.node]
    if (truth === undefined) return ['no such node']
    const lies: string[] = []
    const compare = (what: string, told: unknown, is: unknown) => {
      if (told !== is) lies.push(`${what}: ${String(told)}, is ${String(is)}`)
    }
    const near = (what: string, told: number | null, is: number | null) => {
      if (is !== null && Math.abs((told ?? 0) - is) > 3_000) lies.push(`${what}: ${told}, is ${is}`)
    }
    compare('reach', state.reach, 'up')
    compare('rx', state.rx, truth.rx)
    compare('tx', state.tx, truth.tx)
    compare('links', Object.keys(state.links).sort().join(), Object.keys(truth.links).sort().join())
    for (const [name, is] of Object.entries(truth.links)) {
      const told = state.links[name]
      compare(`${name} state`, told?.state, is.state.toLowerCase())
      compare(`${name} mode`, told?.mode, is.state === 'CONNECTING' ? null : is.mode)
      compare(`${name} direction`, told?.direction, is.direction.toLowerCase())
      compare(`${name} keyed`, told?.keyed, is.keyed)
      compare(`${name} reconnects`, told?.reconnects, is.reconnects)
      near(`${name} connectedSince`, told?.connectedSince ?? null, is.connectedAt)
      near(`${name} lastKeyedAt`, told?.lastKeyedAt ?? null, is.lastKeyedAt)
    }
    const behind = truth.linkedNodes.map((token) => token.slice(1)).filter((name) => !Object.hasOwn(truth.links, name))
    compare('behind', Object.keys(state.indirect.nodes).sort().join(), behind.sort().join())
    return lies
  }
}

/** T-1: while a node is not reached, nobody can say who talks. */
export function claimsToKnow({ reach, rx, tx, links }: NodeState): boolean {
  if (reach === 'up') return false
  return rx !== null || tx !== null || Object.values(links).some(({ keyed }) => keyed !== null)
}
