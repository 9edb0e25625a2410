/** Apache: which files it wants where, and how it is told that they are there. */
import { CommandError } from '../config/commandError.ts'
import type { Machine } from './machine.ts'
import { textsOf } from './plan.ts'
import type { WebPlan } from './plan.ts'
import { textAt } from './steps.ts'
import type { Step } from './steps.ts'
import type { WebServer } from './webServer.ts'

const DEBIAN = '/etc/apache2'
const FEDORA = '/etc/httpd'
/** The first that passes upgrades on by itself: `upgrade=websocket`. */
const UPGRADES = [2, 4, 47] as const

/** What `certbot --apache` makes of our site, for TLS: a copy, which is enabled beside it. */
const BY_CERTBOT = 'supermon-live-le-ssl'

const PREFORK = 'Apache runs mpm_prefork here, so each open socket takes one of its processes, of which there are 150: for many viewers switch to mpm_event.'

const PLACES = { host: ['site', 'sites'], directory: ['conf', 'conf'], sockets: ['conf', 'conf'] } as const

export function apache(machine: Machine): WebServer {
  if (machine.has(`${DEBIAN}/mods-available`)) return debian(machine)
  if (machine.has(`${FEDORA}/conf.d`)) return fedora(machine)
  throw new CommandError('Apache is not installed here: install it (apt install apache2), or use: supermon-live web nginx')
}

function debian(machine: Machine): WebServer {
  const available = (folder: string, name = 'supermon-live') => `${DEBIAN}/${folder}-available/${name}.conf`
  const enabled = (folder: string, name = 'supermon-live') => `${DEBIAN}/${folder}-enabled/${name}.conf`
  /** A folder with the files of an Apache and none of its programs gets the links that these would make. */
  const hasPrograms = machine.has('/usr/sbin/a2enmod')

  function enable(folder: 'conf' | 'sites' | 'mods', what: string, ending: string): Step[] {
    const name = `${what}.${ending}`
    if (machine.has(`${DEBIAN}/${folder}-enabled/${name}`)) return []
    if (!hasPrograms) {
      const endings = folder === 'mods' ? ['load', 'conf'].filter((each) => machine.has(`${DEBIAN}/mods-available/${what}.${each}`)) : [ending]
      return endings.map((each) => ({
        kind: 'link', path: machine.at(`${DEBIAN}/${folder}-enabled/${what}.${each}`), target: `../${folder}-available/${what}.${each}`,
      }))
    }
    const word = { conf: 'conf', sites: 'site', mods: 'mod' }[folder]
    return [{ kind: 'run', command: [`a2en${word}`, '-q', what], undo: [`a2dis${word}`, '-q', '-f', what] }]
  }

  function off(folder: 'conf' | 'sites'): Step[] {
    const names = folder === 'conf' ? ['supermon-live'] : ['supermon-live', BY_CERTBOT]
    return names.flatMap((name) => offOne(folder, name))
  }

  function offOne(folder: 'conf' | 'sites', name: string): Step[] {
    const steps: Step[] = []
    if (machine.has(enabled(folder, name))) {
      const word = folder === 'conf' ? 'conf' : 'site'
      if (hasPrograms) steps.push({ kind: 'run', command: [`a2dis${word}`, '-q', name], undo: [`a2en${word}`, '-q', name] })
      else steps.push({ kind: 'remove', path: machine.at(enabled(folder, name)) })
    }
    steps.push({ kind: 'remove', path: machine.at(available(folder, name)) })
    return steps
  }

  return {
    ...common(machine, { control: 'apache2ctl', unit: 'apache2', pidFile: '/run/apache2/apache2.pid', program: '/usr/sbin/apache2ctl', errorLog: '/var/log/apache2/error.log', sites: `${DEBIAN}/sites-enabled` }),
    async files(plan) {
      const [, folder] = PLACES[plan.site.layout]
      return [{ path: machine.at(available(folder)), text: (await textsOf({ ...plan, threads: await threadsOf(machine) })).main }]
    },
    async steps(plan, files) {
      const [, folder] = PLACES[plan.site.layout]
      const mods = await modules(machine, plan)
      return [
        ...off(folder === 'conf' ? 'sites' : 'conf'),
        ...files.map(({ path, text }): Step => ({ kind: 'write', path, text })),
        ...mods.flatMap((mod) => enable('mods', mod, 'load')),
        ...enable(folder, 'supermon-live', 'conf'),
      ]
    },
    removal: () => Promise.resolve([...off('conf'), ...off('sites')]),
    remark: machine.has(`${DEBIAN}/mods-enabled/mpm_prefork.load`) ? PREFORK : null,
    mine: [available('conf'), available('sites')],
  }
}

/** Its modules are all on; there is one folder for everything. */
function fedora(machine: Machine): WebServer {
  const path = `${FEDORA}/conf.d/supermon-live.conf`
  const copy: Step = { kind: 'remove', path: machine.at(`${FEDORA}/conf.d/${BY_CERTBOT}.conf`) }
  return {
    ...common(machine, { control: 'apachectl', unit: 'httpd', pidFile: '/run/httpd/httpd.pid', program: '/usr/sbin/apachectl', errorLog: '/var/log/httpd/error_log', sites: `${FEDORA}/conf.d` }),
    files: async (plan) => [{ path: machine.at(path), text: (await textsOf(plan)).main }],
    steps: ({ site }, files) => Promise.resolve([
      ...files.map(({ path: at, text }): Step => ({ kind: 'write', path: at, text })),
      ...(site.layout === 'host' ? [] : [copy]),
    ]),
    removal: () => Promise.resolve([{ kind: 'remove', path: machine.at(path) }, copy]),
    mine: [path],
  }
}

interface Names {
  readonly control: string
  readonly unit: string
  readonly pidFile: string
  readonly program: string
  readonly errorLog: string
  /** Folder of the sites. */
  readonly sites: string
}

function common(machine: Machine, { control, unit, pidFile, program, errorLog, sites }: Names) {
  return {
    title: 'Apache',
    unit,
    errorLog,
    rules: `grep -rnE "ServerName|Alias|RewriteRule" ${sites}`,
    canCheck: machine.has(program),
    check: [control, 'configtest'] as const,
    reload: [control, 'graceful'] as const,
    pidFile,
    remark: null,
  }
}

async function modules(machine: Machine, { site }: WebPlan): Promise<string[]> {
  const version = await versionOf(machine)
  const old = version !== null && UPGRADES.some((part, i) => (version[i] ?? 0) < part && UPGRADES.slice(0, i).every((same, j) => version[j] === same))
  const tls = site.layout === 'host' && site.tls !== null
  return ['proxy', 'proxy_http', 'headers', 'alias', ...(old ? ['proxy_wstunnel'] : []), ...(tls ? ['ssl'] : [])]
}

/** As its configuration has it. A process of mpm_prefork has one, which says nothing of a limit. */
async function threadsOf(machine: Machine): Promise<number> {
  for (const mpm of ['event', 'worker']) {
    const text = await textAt(machine.at(`${DEBIAN}/mods-enabled/mpm_${mpm}.conf`))
    const threads = /^\s*ThreadsPerChild\s+(\d{1,5})\s*$/im.exec(text ?? '')?.[1]
    if (threads !== undefined) return Number(threads)
  }
  return 25
}

/** null = it does not say, as where only its files are. */
async function versionOf(machine: Machine): Promise<readonly number[] | null> {
  if (!machine.has('/usr/sbin/apache2ctl')) return null
  const { stdout } = await machine.ask(['apache2ctl', '-v'])
  return /Apache\/(\d+)\.(\d+)\.(\d+)/.exec(stdout)?.slice(1).map(Number) ?? null
}
