/** The configuration changes while people watch: only what differs is touched. */
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigWatch } from '../../src/configWatch.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { ManualClock } from '../support/manualClock.ts'
import { nodeConfig, runApp, until, Watcher } from '../support/running.ts'

let here: FakeAsterisk
let there: FakeAsterisk
const ends: (() => unknown)[] = []

beforeEach(async () => {
  here = await startFakeAsterisk({ nodes: ['546051', '546055'], links: 1 })
  there = await startFakeAsterisk({ nodes: ['546051', '546056'], links: 3 })
  ends.push(() => here.close(), () => there.close())
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function running(...nodes: ReturnType<typeof nodeConfig>[]) {
  const app = await runApp(nodes)
  ends.push(() => app.close(0))
  return app
}
function watch(app: Awaited<ReturnType<typeof running>>, node: string) {
  const watcher = new Watcher(app, node)
  ends.push(() => { watcher.close() })
  return watcher
}

describe('nodes that change while the gateway runs', () => {
  it('leaves a node that is the same alone, closes one that is gone, and adds a new one', async () => {
    const app = await running(nodeConfig('546051', here.port), nodeConfig('546055', here.port))
    const stays = watch(app, '546051')
    const goes = watch(app, '546055')
    await Promise.all([stays.up(), goes.up()])
    const { seq, sessions } = { seq: stays.frames.length, sessions: here.state().sessions }

    app.reconfigure([nodeConfig('546051', here.port), nodeConfig('546056', there.port)])
    await until(() => goes.closed !== null, 'the viewer of the node that is gone is told')
    expect(goes.closed?.code).toBe(4504)
    const comes = watch(app, '546056')
    await comes.up()

    expect(here.state().sessions).toBe(sessions)
    expect(stays.closed).toBeNull()
    expect(stays.frames.slice(seq).filter(({ type }) => type === 'snapshot')).toEqual([])
    await here.key({ node: '546051', on: true })
    await stays.until(({ rx }) => rx === true, 'the node that stayed is still told of')
  })

  it('takes the viewers of a node that moves to another Asterisk along', async () => {
    const app = await running(nodeConfig('546051', here.port))
    const viewer = watch(app, '546051')
    await viewer.until(({ reach, links }) => reach === 'up' && Object.keys(links).length === 1, 'one link')
    const epochs = () => new Set(viewer.frames.flatMap((frame) => ('epoch' in frame ? [frame.epoch] : [])))

    app.reconfigure([nodeConfig('546051', there.port)])
    await viewer.until(({ reach, links }) => reach === 'up' && Object.keys(links).length === 3, 'three links')
    expect(viewer.closed).toBeNull()
    expect(epochs().size).toBe(1)
    await until(() => here.state().sessions === 0, 'the old session is closed')
    viewer.close()
  })

  it('uses a new password at once', async () => {
    const app = await running(nodeConfig('546051', here.port, 'wrong'))
    const viewer = watch(app, '546051')
    await viewer.until(({ reachReason }) => reachReason?.code === 'ami-login-refused', 'the login is refused')
    app.reconfigure([nodeConfig('546051', here.port)])
    await viewer.up()
  })

  it('gives a node that went and came back another epoch, so that no old place is taken for a new one', async () => {
    const app = await running(nodeConfig('546051', here.port), nodeConfig('546055', here.port))
    const before = watch(app, '546051')
    await before.up()
    app.reconfigure([nodeConfig('546055', here.port)])
    await until(() => before.closed !== null, 'the viewer is told')
    app.reconfigure([nodeConfig('546051', here.port), nodeConfig('546055', here.port)])
    const after = watch(app, '546051')
    await after.up()
    const epochOf = (watcher: Watcher) => watcher.frames.find((frame) => frame.type === 'snapshot')?.epoch
    expect(epochOf(after)).not.toBe(epochOf(before))
  })
})

describe('the file', () => {
  const ini = (...ids: string[]) => ids.map((id) => `[${id}]\nhost=127.0.0.1:${here.port}\nuser=admin\npasswd=demo\n`).join('\n')
  let path: string

  async function watchFile(text: string) {
    const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
    path = join(folder, 'allmon.ini')
    await writeFile(path, text)
    const clock = new ManualClock()
    const log: string[] = []
    const taken: string[][] = []
    const { config, watch: file } = await ConfigWatch.open({
      path,
      clock,
      log: { info: (_fields, message) => { log.push(message) }, warn: (_fields, message) => { log.push(message) } },
    })
    file.start(({ nodes }) => { taken.push(nodes.map(({ id }) => id)) })
    ends.push(() => rm(folder, { recursive: true }), () => { file.stop() })
    /** So many looks, each done, as far apart as they are. */
    const look = async (times: number) => {
      for (let i = 0; i < times; i += 1) {
        clock.advance(2_000)
        await until(() => clock.pending === 1, 'the look is over')
      }
    }
    return { config, file, log, taken, look }
  }

  it('is read again within 4 s when it changes, and only then', async () => {
    const { config, taken, look } = await watchFile(ini('546051'))
    expect(config.nodes.map(({ id }) => id)).toEqual(['546051'])
    await look(3)
    expect(taken).toEqual([])
    await utimes(path, new Date(), new Date())
    await look(1)
    expect(taken).toEqual([])
    await look(1)
    expect(taken).toEqual([['546051']])
    await writeFile(path, ini('546051', '546055'))
    await look(2)
    expect(taken.slice(1)).toEqual([['546051', '546055']])
  })

  it('is not read while it is being written', async () => {
    const { taken, look } = await watchFile(ini('546051'))
    for (const ids of [['546055'], ['546055', '546056'], ['546055', '546056', '2000']]) {
      await writeFile(path, ini(...ids))
      await look(1)
    }
    expect(taken).toEqual([])
    await look(1)
    expect(taken).toEqual([['546055', '546056', '2000']])
  })

  it('keeps what was in force when the file is broken or gone, says so, and takes the mended one', async () => {
    const { taken, log, file, look } = await watchFile(ini('546051'))
    await writeFile(path, '[546051\nhost=')
    await look(4)
    expect(log).toEqual([expect.stringContaining('stays in force')])
    await rm(path)
    await look(4)
    expect(log).toHaveLength(2)
    expect(taken).toEqual([])
    await writeFile(path, ini('546055'))
    await look(2)
    expect(taken).toEqual([['546055']])
    await file.reload()
    expect(taken).toHaveLength(2)
    expect(log.join('\n')).not.toContain('passwd')
  })
})
