/** Two real Asterisks that link to each other, and a gateway that shows the nodes of both to whoever asks, and takes W5GLE's commands. */
import { afterAll, beforeAll } from 'vitest'
import { watchAccounts } from '../../src/accounts.ts'
import { DEFAULT_OPTIONS } from '../../src/config/options.ts'
import { systemClock } from '../../src/env/clock.ts'
import { accountsFolder } from '../support/club.ts'
import { ALL_RIGHTS, visit } from '../support/controlStage.ts'
import { nodeConfig, runApp, Watcher } from '../support/running.ts'
import { Radio } from './radio.ts'
import { RealAsterisk } from './realAsterisk.ts'

/** On the first Asterisk: with a radio, without one. */
export const NODE = '546051'
export const HUB = '546055'
/** On the second: with a radio, without one. */
export const FAR = '48752'
export const FAR_HUB = '27225'
/** Has a number, and nobody answers there. */
export const SILENT = '27226'

export class Stage {
  readonly here: RealAsterisk
  readonly there: RealAsterisk
  readonly radio: Radio
  readonly farRadio: Radio
  readonly app: Awaited<ReturnType<typeof runApp>>
  readonly me: Awaited<ReturnType<typeof visit>>
  readonly #closers: (() => unknown)[]

  private constructor(here: RealAsterisk, there: RealAsterisk, app: Stage['app'], me: Stage['me'], closers: (() => unknown)[]) {
    this.here = here
    this.there = there
    this.app = app
    this.me = me
    this.radio = new Radio(here.ports.radio)
    this.farRadio = new Radio(there.ports.radio)
    this.#closers = [...closers, () => { this.radio.close() }, () => { this.farRadio.close() }]
  }

  /** @param amiUser by whom the gateway signs in: admin, reader (no commands) or deaf (no events) */
  static async open(amiUser = 'admin'): Promise<Stage> {
    const closers: (() => unknown)[] = []
    try {
      const here = await RealAsterisk.create([NODE, HUB])
      closers.push(() => here.close())
      const there = await RealAsterisk.create([FAR, FAR_HUB])
      closers.push(() => there.close())
      const nobody = await RealAsterisk.create([SILENT])
      closers.push(() => nobody.close())
      const where = Object.fromEntries([here, there, nobody].flatMap(({ nodes, ports }) => nodes.map((node) => [node, ports.iax])))
      await Promise.all([here.start(where), there.start(where)])
      const { folder, config } = await accountsFolder(closers, { nodes: [here, there].flatMap(({ nodes }) => nodes), port: here.ports.ami }, ['W5GLE'], [...ALL_RIGHTS, 'PERMUSER'].map((right) => `$${right} = array("W5GLE");`).join('\n'))
      const accounts = await watchAccounts(folder, { ...DEFAULT_OPTIONS, config }, { info: () => undefined, warn: () => undefined })
      closers.push(() => { accounts.stop() })
      const app = await runApp([here, there].flatMap(({ nodes, ports }) => nodes.map((node) => nodeConfig(node, ports.ami, 'demo', amiUser))), { access: accounts.access })
      closers.push(() => app.close(0))
      return new Stage(here, there, app, await visit({ url: app.url, clock: systemClock }, 'W5GLE'), closers)
    } catch (error) {
      await closeAll(closers)
      throw error
    }
  }

  /** Somebody watches a node. */
  async watch(node: string): Promise<Watcher> {
    const watcher = new Watcher(this.app, node)
    this.#closers.push(() => { watcher.close() })
    await watcher.up()
    return watcher
  }

  async close(): Promise<void> {
    await closeAll(this.#closers)
  }
}

async function closeAll(closers: (() => unknown)[]): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}

/** One stage for all tests of a file, and who watches {@link NODE} and {@link FAR} there. */
export function oneStage(): { readonly stage: Stage; readonly near: Watcher; readonly far: Watcher } {
  const held: { stage?: Stage; near?: Watcher; far?: Watcher } = {}
  beforeAll(async () => {
    held.stage = await Stage.open()
    held.near = await held.stage.watch(NODE)
    held.far = await held.stage.watch(FAR)
  })
  afterAll(() => held.stage?.close())
  return held as ReturnType<typeof oneStage>
}
