/** What is on the machine, before anything is decided. Nothing is changed here. */
import type { ConfSource } from './asteriskConf.ts'
import { readAsteriskConf } from './asteriskConf.ts'
import type { Manager } from './managerConf.ts'
import { managerOf } from './managerConf.ts'
import { nodesOf } from './nodes.ts'
import type { Place } from './place.ts'
import { findSupermonNg } from './supermonNg.ts'
import type { SupermonNg } from './supermonNg.ts'

export type WebServer = 'apache' | 'nginx'

export interface Asterisk {
  /** Nodes of rpt.conf, one at least. */
  readonly nodes: readonly string[]
  /** null = there is no manager.conf. */
  readonly manager: Manager | null
  readonly warnings: readonly string[]
}

export interface Findings {
  readonly supermon: SupermonNg | null
  /** Lists of names that belong to Asterisk; Supermon-NG has its own. */
  readonly astdb: string | null
  readonly privateNodes: string | null
  readonly webServer: WebServer | null
}

export const ASTERISK_FOLDER = '/etc/asterisk'
export const RPT_CONF = `${ASTERISK_FOLDER}/rpt.conf`
export const MANAGER_CONF = `${ASTERISK_FOLDER}/manager.conf`

/** ASL3's asl3-update-astdb writes the first and links the second to it; ASL2 and HamVOIP write the second. */
const ASTDB = ['/var/lib/asterisk/astdb.txt', '/var/log/asterisk/astdb.txt', '/var/www/html/supermon/astdb.txt']
/** ASL3's place, and HamVOIP's. */
const PRIVATE_NODES = [`${ASTERISK_FOLDER}/privatenodes.txt`, `${ASTERISK_FOLDER}/local/privatenodes.txt`]

export async function look(place: Place): Promise<Findings> {
  const [supermon, astdb, privateNodes, webServer] = await Promise.all([
    findSupermonNg(place), place.firstFile(ASTDB), place.firstFile(PRIVATE_NODES), findWebServer(place),
  ])
  return { supermon, astdb, privateNodes, webServer }
}

/**
 * @returns null = no rpt.conf, or no node in it
 * @throws ConfigError when its files cannot be read or understood
 */
export async function findAsterisk(place: Place): Promise<Asterisk | null> {
  const source = sourceOf(place)
  const rpt = await readAsteriskConf('rpt.conf', source)
  const nodes = rpt === null ? [] : nodesOf(rpt)
  if (rpt === null || nodes.length === 0) return null
  const conf = await readAsteriskConf('manager.conf', source)
  const manager = conf === null ? null : managerOf(conf)
  return { nodes, manager, warnings: [rpt, conf, manager].flatMap((each) => each?.warnings ?? []) }
}

/** Who may do what over AMI; null = Asterisk has no manager.conf here. @throws ConfigError when it cannot be read */
export async function findManager(place: Place): Promise<Manager | null> {
  const conf = await readAsteriskConf('manager.conf', sourceOf(place))
  return conf === null ? null : managerOf(conf)
}

function sourceOf(place: Place): ConfSource {
  return {
    find: (name) => place.find(name.startsWith('/') ? name : `${ASTERISK_FOLDER}/${name}`),
    read: async (path) => (await place.textOf(path)) ?? '',
  }
}

/** Installed ones; of two the one that starts with the machine, Apache where both do. */
async function findWebServer(place: Place): Promise<WebServer | null> {
  const candidates = [
    { name: 'apache' as const, files: ['/etc/apache2/apache2.conf', '/usr/sbin/apache2'], unit: 'apache2.service' },
    { name: 'nginx' as const, files: ['/etc/nginx/nginx.conf', '/usr/sbin/nginx'], unit: 'nginx.service' },
  ]
  const found = await Promise.all(candidates.map(async ({ name, files, unit }) => ({
    name,
    installed: (await Promise.all(files.map((file) => place.isFile(file)))).every(Boolean),
    enabled: await place.isThere(`/etc/systemd/system/multi-user.target.wants/${unit}`),
  })))
  const installed = found.filter(({ installed: is }) => is)
  return (installed.find(({ enabled }) => enabled) ?? installed[0])?.name ?? null
}
