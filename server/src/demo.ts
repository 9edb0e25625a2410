/** What runs when nobody names a configuration: a simulated Asterisk in this process, spoken to over real TCP. */
import type { NodeConfig } from './config/allmonIni.ts'
import { Secret } from './config/secret.ts'
import { startFakeAsterisk } from './fake-asterisk/fakeAsterisk.ts'
import { STATION_LIST } from './fake-asterisk/stations.ts'

export interface Demo {
  readonly nodes: readonly NodeConfig[]
  /** Names for the demo's stations, in astdb.txt's format. */
  readonly names: string
  close(): Promise<void>
}

export async function startDemo(): Promise<Demo> {
  const fake = await startFakeAsterisk({
    nodes: 3,
    links: 12,
    scenario: 'net',
    seed: 1,
    user: 'demo',
    secret: 'demo',
    port: 0,
    controlPort: null,
  })
  return {
    names: STATION_LIST,
    nodes: fake.nodes.map((id) => ({
      id,
      host: '127.0.0.1',
      port: fake.port,
      user: 'demo',
      secret: new Secret('demo'),
      system: 'Nodes',
      menu: true,
      hideNodeURL: false,
      listenlive: null,
      archive: null,
      lsnodes: null,
    })),
    close: () => fake.close(),
  }
}
