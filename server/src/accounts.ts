/**
 * Who may see what: from the folder that `--users` names, read at start and again whenever it changes, or from the
 * Supermon-NG that `--auth` names.
 */
import { join } from 'node:path'
import { Access } from './access/access.ts'
import type { ReloadReport } from './access/accessFiles.ts'
import type { Authority } from './access/authority.ts'
import { SupermonAuthority } from './access/supermonAuthority.ts'
import type { AppLog } from './app.ts'
import { loadConfig } from './config/loadConfig.ts'
import type { Options } from './config/options.ts'
import { systemClock } from './env/clock.ts'

/** How often the files are looked at, ms. A change counts at the second look that finds it: a right that is taken away is gone within 5 s. */
const LOOK_MS = 1_500

export interface AccountsWatch {
  readonly access: Access
  stop(): void
}

/** @param folder holds `.htpasswd`, `authusers.inc`, `authini.inc` and the users' own ini files */
export async function watchAccounts(folder: string, options: Options, log: AppLog): Promise<AccountsWatch> {
  const config = options.config ?? ''
  const access = new Access({
    clock: systemClock,
    base: options.base,
    anonymous: options.anonymous,
    paths: {
      htpasswd: join(folder, '.htpasswd'),
      authusers: join(folder, 'authusers.inc'),
      authini: join(folder, 'authini.inc'),
      generalIni: config,
      unmappedIni: join(folder, 'nolog.ini'),
    },
    loadNodes: async (file) => (await loadConfig(file.includes('/') ? file : join(folder, file))).nodes.map(({ id }) => id),
  })
  const tell = async (report: Promise<ReloadReport>) => {
    for (const line of (await report).news) log.warn({}, line)
  }
  await tell(access.reload())
  const timer = setInterval(() => void tell(access.look()), LOOK_MS)
  return { access, stop: () => { clearInterval(timer) } }
}

/** Whoever the options name as the one to ask. */
export interface AuthorityWatch {
  /** null = nobody: everybody may see all. */
  readonly access: Authority | null
  stop(): void
}

/** @param nodes those that the gateway has, as of now */
export async function watchAuthority(options: Options, nodes: () => ReadonlySet<string>, log: AppLog): Promise<AuthorityWatch> {
  const { supermon, users, anonymous } = options
  if (supermon !== null) {
    const access = new SupermonAuthority({ url: supermon, clock: systemClock, fetch, anonymous, nodes, log })
    return { access, stop: () => { access.dispose() } }
  }
  if (users !== null) return watchAccounts(users, options, log)
  return { access: null, stop: () => undefined }
}
