/** Everything for real: two Asterisks (fake) behind proxies, the built gateway as a process with its files, and the door its viewers come through. */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, GatewayProcess, until } from '../../../frontend/tests/page/stage.ts'
import { STATION_LIST } from '../../src/fake-asterisk/stations.ts'
import { ownAddress, TcpProxy } from '../support/tcpProxy.ts'
import { Asterisk } from './asterisk.ts'
import { Rights } from './rights.ts'
import { Truth } from './truth.ts'

/** The first has two nodes, so that one session serves both; what fails on the other must not touch them. */
const NODES = [['546051', '546055'], ['546056']] as const
const PROBE = fileURLToPath(new URL('./gatewayProbe.mjs', import.meta.url))

export class Stage {
  readonly folder: string
  readonly asterisks: readonly Asterisk[]
  readonly rights: Rights
  readonly truth: Truth
  readonly gateway: GatewayProcess
  /** What stands between viewers and gateway. */
  readonly door: TcpProxy
  /** By how much the gateway's clock is ahead, ms. */
  clockShift = 0

  private constructor(folder: string, asterisks: readonly Asterisk[], port: number, main: string | null) {
    this.folder = folder
    this.asterisks = asterisks
    this.rights = new Rights(folder)
    this.truth = new Truth(asterisks, this.rights)
    this.gateway = new GatewayProcess({
      port,
      config: join(folder, 'allmon.ini'),
      args: ['--users', folder, '--anonymous', 'none', '--astdb', join(folder, 'astdb.txt'), '--log-level', 'warn'],
      nodeArgs: ['--import', PROBE],
      env: { SOAK_FOLDER: folder },
      ...(main === null ? {} : { main }),
    })
    this.door = new TcpProxy(port, ownAddress())
    for (const proxy of [this.door, ...asterisks.map((each) => each.proxy)]) {
      proxy.remembers = false
      proxy.resets = false
    }
  }

  /** @param main another gateway than the built one; null = that one */
  static async open(seed: number, main: string | null = null): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'supermon-live-soak-'))
    const asterisks: Asterisk[] = []
    for (const [i, nodes] of NODES.entries()) asterisks.push(await Asterisk.start(nodes, seed * 10 + i))
    const stage = new Stage(folder, asterisks, await freePort(), main)
    await stage.rights.write()
    await stage.writeConfig()
    await stage.write('one.ini', stage.#section('546055'))
    await stage.write('astdb.txt', STATION_LIST)
    await stage.write('clock', '0')
    await stage.door.listen()
    await stage.gateway.start()
    return stage
  }

  /** Where pages are loaded from. */
  get url(): string {
    return `http://${this.door.host}:${this.door.port}/`
  }

  /** allmon.ini for those nodes that are configured. */
  writeConfig(): Promise<void> {
    return this.write('allmon.ini', [...this.truth.configured].map((node) => this.#section(node)).join('\n'))
  }

  /** Replaces a file all at once. */
  async write(name: string, text: string): Promise<void> {
    const path = join(this.folder, name)
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
  }

  /** Sets the gateway's clock. */
  async setClock(shift: number): Promise<void> {
    this.clockShift = shift
    await this.write('clock', String(shift))
    this.signal('SIGUSR2')
  }

  /** What the gateway's process needs of memory, once it has let go of what it does not, KiB. */
  async memory(): Promise<number> {
    const path = join(this.folder, 'memory')
    await rm(path, { force: true })
    this.signal('SIGWINCH')
    return until(async () => Number(await readFile(path, 'utf8')))
  }

  /** To the gateway, if it runs: another fault may have ended it. */
  signal(name: NodeJS.Signals): void {
    if (this.gateway.runs) process.kill(this.gateway.pid, name)
  }

  async close(): Promise<void> {
    this.signal('SIGCONT')
    await this.gateway.stop('SIGKILL')
    await this.door.close()
    for (const asterisk of this.asterisks) await asterisk.close()
    await rm(this.folder, { recursive: true, force: true })
  }

  #section(node: string): string {
    const { host, port } = this.truth.asteriskOf(node).proxy
    return `[${node}]\nhost=${host}:${port}\nuser=admin\npasswd=demo\nmenu=yes\nsystem=Nodes\n`
  }
}
