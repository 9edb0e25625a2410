/**
 * Who may see what: from the folder that `--users` names, read at start and again whenever it changes, or from the
 * Supermon-NG that `--auth` names. And what there is to see besides `--config`: the nodes of users' own ini files.
 */
import { dirname } from 'node:path'
import { Access } from './access/access.ts'
import { accessPaths } from './access/accessFiles.ts'
import type { Authority } from './access/authority.ts'
import { NodeLists } from './access/nodeLists.ts'
import { readText } from './access/readText.ts'
import { NO_INIS, NO_PERMISSIONS, parseAuthIni, Rights } from './access/rights.ts'
import { rightsBeside } from './access/rightsBeside.ts'
import { pageAbove } from './access/signInPage.ts'
import { SupermonAuthority } from './access/supermonAuthority.ts'
import { WatchedFile } from './access/watchedFile.ts'
import type { AppLog } from './app.ts'
import type { NodeConfig } from './config/allmonIni.ts'
import type { Options } from './config/options.ts'
import { systemClock } from './env/clock.ts'
import type { Clock } from './env/clock.ts'
import { lookEvery } from './env/looks.ts'
import type { OrderRights } from './fleet/orderDoor.ts'
import { UserInis } from './userInis.ts'

/** How often the files are looked at, ms. A change counts at the second look that finds it: a right that is taken away is gone within 5 s. */
const LOOK_MS = 2_000

/** Whoever the options name as the one to ask. */
export interface AuthorityWatch {
  /** null = nobody: everybody may see all. */
  readonly access: Authority | null
  /** What users may who order over a broker, by name; null = there are no accounts of this gateway's own. */
  readonly orderRights: OrderRights | null
  /** Nodes of users' own ini files, as of now. */
  nodes(): readonly NodeConfig[]
  /** Calls `listener` when those are others than before. */
  onNodes(listener: () => void): void
  /** Reads again now what changed. Never rejects. */
  reload(): Promise<void>
  stop(): void
}

export interface AccountsWatch extends AuthorityWatch {
  readonly access: Access
}

/** @param nodes those of `--config`, as of now: what visitors may see beside a Supermon-NG */
export async function watchAuthority(options: Options, nodes: () => ReadonlySet<string>, log: AppLog, clock: Clock = systemClock): Promise<AuthorityWatch> {
  const { supermon, users, anonymous, mqttOrders } = options
  if (supermon !== null) {
    const config = options.config ?? ''
    const keepsRights = rightsBeside(dirname(config), log)
    const access = new SupermonAuthority({ url: supermon, page: pageAbove(supermon, options.base), clock, fetch, anonymous, nodes, keepsRights, log })
    const watch = mqttOrders === null ? await watchInis(config, log, clock) : await watchAccounts(dirname(config), options, log, clock)
    return { ...watch, access, stop: () => { watch.stop(); access.dispose() } }
  }
  if (users !== null) return watchAccounts(users, options, log, clock)
  return { access: null, orderRights: null, nodes: () => [], onNodes: () => undefined, reload: () => Promise.resolve(), stop: () => undefined }
}

/** @param folder holds `.htpasswd`, `authusers.inc`, `authini.inc` and the users' own ini files */
export async function watchAccounts(folder: string, options: Options, log: AppLog, clock: Clock = systemClock): Promise<AccountsWatch> {
  const paths = accessPaths(folder, options.config ?? '')
  const inis = new UserInis(folder, paths.generalIni)
  const access = new Access({
    clock,
    base: options.base,
    anonymous: options.anonymous,
    paths,
    loadNodes: inis.load,
  })
  const watch = await watchFiles(inis, async (settledOnly) => {
    const { news } = await (settledOnly ? access.look() : access.reload())
    for (const line of news) log.warn({}, line)
  }, clock)
  return { ...watch, access, orderRights: access }
}

/** Beside Supermon-NG only its list of users' ini files is read: the rest is its to answer. Who orders over a broker is nobody it could be asked about. */
async function watchInis(config: string, log: AppLog, clock: Clock): Promise<Omit<AuthorityWatch, 'access'>> {
  const inis = new UserInis(dirname(config), config)
  return { ...(await watchFiles(inis, readerBeside(config, inis, log), clock)), orderRights: null }
}

function readerBeside(config: string, inis: UserInis, log: AppLog): (settledOnly: boolean) => Promise<void> {
  const { authini: path, unmappedIni: unmapped } = accessPaths(dirname(config), config)
  const lists = new NodeLists(inis.load)
  const authini = new WatchedFile({ path, read: readText, parse: parseAuthIni, empty: NO_INIS, vanished: 'keep', missing: null })
  let said: readonly string[] = []
  return async (settledOnly) => {
    await authini.refresh(settledOnly)
    await lists.refresh(new Set([unmapped, ...new Rights(NO_PERMISSIONS, authini.value).iniFiles]), unmapped, settledOnly)
    const warnings = [...authini.warnings, ...lists.warnings]
    for (const line of warnings) if (!said.includes(line)) log.warn({}, line)
    said = warnings
  }
}

/** @param read reads what changed, or only what two looks in a row found; must not reject */
async function watchFiles(inis: UserInis, read: (settledOnly: boolean) => Promise<void>, clock: Clock): Promise<Omit<AuthorityWatch, 'access' | 'orderRights'>> {
  let tell: () => void = () => undefined
  let running: Promise<void> | null = null
  const round = async (settledOnly: boolean) => {
    while (running !== null) await running
    running = inis.round(() => read(settledOnly), settledOnly).then((changed) => {
      running = null
      if (changed) tell()
    })
    await running
  }
  await round(false)
  const stop = lookEvery(clock, LOOK_MS, () => round(true))
  return {
    nodes: () => inis.nodes,
    onNodes: (listener) => { tell = listener },
    reload: () => round(false),
    stop,
  }
}
