/** What an operator does to the gateway's files, by mistake or on purpose, and a disk that is full. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ApiError } from '../../../frontend/src/services/gatewayApi.ts'
import { STATION_LIST } from '../../src/fake-asterisk/stations.ts'
import type { Fault, Scene } from './fault.ts'
import type { Member } from './rights.ts'

/** allmon.ini is in force 4 s after it was written; a node that is not there is not asked for again until somebody taps Retry, ms. */
const CONFIG_MS = 7_000
const ONE_NODE = '546051'

function account(name: Member): Fault {
  return {
    name: `account of ${name} removed`,
    area: 'rights',
    // Longer than pages may go on showing what they were told.
    lasts: [10_500, 14_000],
    // In force within 5 s; then the socket is tried, after 15 s and a poll at the slowest pace.
    boundMs: 28_000,
    strike: async ({ stage }) => {
      await stage.rights.setAccount(name, false)
      return () => stage.rights.setAccount(name, true)
    },
  }
}

/** Somebody whose right to connect was taken away a while ago connects. */
async function tryControl({ crowd, tell }: Scene): Promise<void> {
  const page = crowd.pages.find(({ kind }) => kind.jar?.user === 'W5GLE')
  if (page === undefined) return
  const outcome = await page.client.control.link('connect', ONE_NODE, '2000').then(({ outcome: what }) => what, (error: unknown) => error)
  if (outcome instanceof ApiError && outcome.serverCode === 'not-allowed') return
  // Another fault is in the way, or has signed him out.
  if (outcome instanceof ApiError && (outcome.status === null || outcome.status === 401)) return
  tell({ page: page.name, node: ONE_NODE, rule: 'control', text: `he has no right to connect, and what came of it is ${String(outcome)}` })
}

export const FILE_FAULTS: readonly Fault[] = [
  {
    name: 'allmon.ini broken',
    area: 'config',
    forbidsStart: true,
    lasts: [5_000, 9_000],
    strike: async ({ stage, rng }) => {
      const text = rng.pick(['', '[546051\nhost=127.0.0.1\n', '\u0000\u0001\u0002', '[546051]\nhost=127.0.0.1:99999\nuser=admin\n'])
      await writeFile(join(stage.folder, 'allmon.ini'), text)
      return () => stage.writeConfig()
    },
  },
  {
    name: 'node removed from allmon.ini',
    area: 'config',
    lasts: [5_000, 9_000],
    boundMs: 20_000 + CONFIG_MS,
    strike: async ({ stage, crowd, rng }) => {
      const node = rng.pick(['546051', '546056'])
      stage.truth.configured.delete(node)
      await stage.writeConfig()
      return async () => {
        stage.truth.configured.add(node)
        crowd.tapsRetry = true
        await stage.writeConfig()
      }
    },
  },
  account('WB6NIL'),
  account('W5GLE'),
  {
    name: 'control and addresses taken away',
    area: 'rights',
    lasts: [10_500, 14_000],
    strike: async (scene) => {
      const { rights } = scene.stage
      await rights.setControl(false)
      return async () => {
        await tryControl(scene)
        await rights.setControl(true)
      }
    },
  },
  {
    name: 'disk full as the node list is written',
    area: 'names',
    lasts: [1_000, 4_000],
    strike: async ({ stage, rng }) => {
      const path = join(stage.folder, 'astdb.txt')
      await writeFile(path, rng.pick(['', STATION_LIST.slice(0, Math.floor(STATION_LIST.length * rng.next()))]))
      stage.signal('SIGHUP')
      return async () => {
        await stage.write('astdb.txt', STATION_LIST)
        // A gateway that is just starting reads it anyway.
        stage.signal('SIGHUP')
      }
    },
  },
]
