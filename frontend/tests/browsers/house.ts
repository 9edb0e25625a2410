/** What a scenario is played on: a fake Asterisk, the built gateway as a process of its own, a proxy that fails on demand in front of it. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startFakeAsterisk } from '../../../server/src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../../server/src/fake-asterisk/fakeAsterisk.ts'
import { talkers } from '../../../server/src/fake-asterisk/fakeState.ts'
import { HASH } from '../../../server/tests/support/club.ts'
import { TcpProxy } from '../../../server/tests/support/tcpProxy.ts'
import { freePort, GatewayProcess, until, writeConfig } from '../page/stage.ts'

const MAIN = join(fileURLToPath(new URL('../../..', import.meta.url)), 'dist-server/main.js')
const run = promisify(execFile)

export interface HouseOptions {
  readonly nodes?: number
  readonly links?: number
  /** W5GLE may sign in and connect; sockets need tickets. */
  readonly accounts?: boolean
}

export interface House {
  readonly fake: FakeAsterisk
  readonly gateway: GatewayProcess
  /** Between browsers and the gateway. */
  readonly proxy: TcpProxy
  /** Where browsers find the page: at the proxy. */
  readonly url: string
  readonly node: string
  /** Links of the node that announce their key-ups. */
  readonly links: readonly string[]
  /** The first of them. */
  readonly link: string
  /** Sockets that are open now, by the gateway's own word. */
  viewers(): Promise<number>
  /** `rollout set 10` and the like. */
  rollout(...words: string[]): Promise<void>
  /** How pages share sockets among nodes, from now on. */
  topology(topology: 'per-node' | 'shared'): Promise<void>
  /** Keys a link up or down, the first one unless named. @returns when, epoch ms */
  key(on: boolean, link?: string): Promise<number>
  close(): Promise<void>
}

export async function openHouse({ nodes = 1, links = 5, accounts = false }: HouseOptions = {}): Promise<House> {
  const account = { user: 'admin', secret: 'demo' }
  const fake = await startFakeAsterisk({ nodes, links, scenario: 'quiet', seed: 3, ...account, port: 0, controlPort: null })
  const config = await writeConfig(fake.nodes.map((id) => ({ id, port: fake.port, ...account })))
  const folder = dirname(config.path)
  if (accounts) {
    await writeFile(join(folder, '.htpasswd'), `W5GLE:${HASH}\n`)
    await writeFile(join(folder, 'authusers.inc'), ['CONNECTUSER', 'DISCUSER'].map((right) => `$${right} = array("W5GLE");`).join('\n'))
  }
  const port = await freePort()
  const gateway = new GatewayProcess({ port, config: config.path, args: accounts ? ['--users', folder, '--tickets', 'required'] : [] })
  const proxy = new TcpProxy(port)
  await Promise.all([gateway.start(), proxy.listen()])
  const node = fake.nodes[0] as string
  const all = talkers(fake.state().nodes[node])
  const first = all[0] as string
  return {
    fake, gateway, proxy, node, links: all, link: first,
    url: `http://127.0.0.1:${proxy.port}/`,
    async viewers() {
      return ((await (await fetch(`${gateway.url}healthz`)).json()) as { viewers: number }).viewers
    },
    async rollout(...words) {
      await run(process.execPath, [MAIN, 'rollout', ...words, '--config', config.path])
    },
    async topology(topology) {
      await writeFile(join(folder, 'rollout.json'), JSON.stringify({ topology }))
      await until(async () => {
        const { data } = (await (await fetch(`${gateway.url}api/v1/config/realtime`)).json()) as { data: { topology: string | null } }
        return data.topology === topology
      })
    },
    async key(on, link = first) {
      const at = Date.now()
      await fake.linkKey({ node, link, on })
      return at
    },
    async close() {
      await gateway.stop()
      await Promise.all([proxy.close(), fake.close()])
      await config.remove()
    },
  }
}
