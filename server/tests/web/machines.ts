/** Folders that stand for machines, as the tests of the web command have them; all are gone after each test that says so. */
import { FakeMachine, NGINX_SITE } from './machine.ts'

export const SETTINGS = '/etc/supermon-live/supermon-live.conf'
export const WEB_CONF = '/etc/supermon-live/web.conf'
export const A2 = '/etc/apache2'
export const CONF = `${A2}/conf-available/supermon-live.conf`
const MODS = Object.fromEntries(['proxy', 'proxy_http', 'headers', 'alias', 'ssl', 'proxy_wstunnel'].map((mod) => [`${A2}/mods-available/${mod}.load`, `LoadModule ${mod}\n`]))
export const APACHE = { ...MODS, [`${A2}/mods-enabled/alias.load`]: '' }
export const PROGRAMS = { '/usr/sbin/a2enmod': '', '/usr/sbin/apache2ctl': '' }
export const SITE = '/etc/nginx/sites-available/default'
export const NGINX = { '/etc/nginx/nginx.conf': '', [SITE]: NGINX_SITE }

const machines: FakeMachine[] = []

/** For `afterEach`. */
export async function removeMachines(): Promise<void> {
  await Promise.all(machines.splice(0).map((machine) => machine.remove()))
}

/** One with settings. @param files by path, or others in place of these */
export async function machine(files: Readonly<Record<string, string>>): Promise<FakeMachine> {
  const made = await FakeMachine.make({ [SETTINGS]: 'base = /supermon-live\n', ...files })
  machines.push(made)
  return made
}

export async function nginxMachine(more: Readonly<Record<string, string>> = {}): Promise<FakeMachine> {
  const made = await machine({ ...NGINX, ...more })
  // As Debian has it: from `/` on.
  await made.link('/etc/nginx/sites-enabled/default', SITE)
  return made
}
