/** What runs when nobody names a configuration: a simulated Asterisk in this process, spoken to over real TCP. */
import type { NodeConfig } from './config/allmonIni.ts'
import { Secret } from './config/secret.ts'
import { startFakeAsterisk } from './fake-asterisk/fakeAsterisk.ts'
import { STATION_LIST } from './fake-asterisk/stations.ts'
import { NO_SITE } from './http/configRoutes.ts'
import type { Site } from './http/configRoutes.ts'

export interface Demo {
  readonly nodes: readonly NodeConfig[]
  /** A menu entry for the node that votes. */
  readonly site: Site
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
    voterReceivers: 9,
  })
  const voters = Object.entries(fake.state().nodes)
    .filter(([, { receivers }]) => receivers !== undefined)
    .map(([node]) => ({ name: `Voter ${node}`, system: null, menu: true, node }))
  return {
    site: { ...NO_SITE, voters },
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
