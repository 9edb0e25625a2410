/** What an operator does to the gateway's files, by mistake or on purpose, and a disk that is full. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { STATION_LIST } from '../../src/fake-asterisk/stations.ts'
import type { Fault } from './fault.ts'
import type { Member } from './rights.ts'

/** allmon.ini is in force 4 s after it was written; a node that is not there is not asked for again until somebody taps Retry, ms. */
const CONFIG_MS = 7_000

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

export const FILE_FAULTS: readonly Fault[] = [
  {
    name: 'allmon.ini broken',
    area: 'config',
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
    strike: async ({ stage }) => {
      await stage.rights.setControl(false)
      return () => stage.rights.setControl(true)
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
