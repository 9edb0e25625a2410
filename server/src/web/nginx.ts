/** nginx: which files it wants where, and the one line in a site of somebody else's. */
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CommandError } from '../config/commandError.ts'
import { show } from '../config/optionValues.ts'
import type { Machine } from './machine.ts'
import { hasServer, withInclude, withoutInclude } from './nginxText.ts'
import { textsOf } from './plan.ts'
import { bytesAt } from './steps.ts'
import type { Step } from './steps.ts'
import type { WebServer } from './webServer.ts'

const FOLDER = '/etc/nginx'
const HTTP = `${FOLDER}/conf.d/supermon-live.conf`
const SNIPPET = `${FOLDER}/snippets/supermon-live.conf`

/** Folders, and names in them, that nginx reads sites from. */
const READ = [['sites-enabled', /^[^.]/], ['conf.d', /\.conf$/]] as const
/** The same, and where sites lie that are switched off, by their link or by their name. */
const KEPT = [['sites-enabled', /^[^.]/], ['conf.d', /^[^.]/], ['sites-available', /^[^.]/]] as const

export function nginx(machine: Machine): WebServer {
  if (!machine.has(`${FOLDER}/nginx.conf`)) throw new CommandError('nginx is not installed here: install it (apt install nginx), or use: supermon-live web apache')
  const hasSites = machine.has(`${FOLDER}/sites-available`)
  const host = hasSites ? `${FOLDER}/sites-available/supermon-live` : `${FOLDER}/conf.d/supermon-live-host.conf`
  const link = `${FOLDER}/sites-enabled/supermon-live`

  /** By links of their folders both names may be one file: then the site is on where it lies. */
  async function places(): Promise<{ readonly file: string; readonly link: string | null }> {
    const file = await underRealFolder(machine, host)
    const on = await underRealFolder(machine, link)
    return { file, link: hasSites && on !== file ? on : null }
  }

  /** As Debian does it, where neither folder is a link: from another place the way there is another. */
  async function enable(): Promise<Step[]> {
    const at = await places()
    if (at.link === null) return []
    const target = at.file === host && at.link === link ? '../sites-available/supermon-live' : at.file
    return [{ kind: 'link', path: machine.at(at.link), target }]
  }

  async function removeHost(): Promise<Step[]> {
    const at = await places()
    return [...(at.link === null ? [] : [at.link]), at.file].map((path) => ({ kind: 'remove', path: machine.at(path) }))
  }

  /**
   * A site that is switched off loses the line too: with it and without our snippet, nginx could not load it when it is switched on again.
   *
   * @param but the real name of a file that keeps the line
   */
  async function removeLine(into: string | null, but: string | null = null): Promise<Step[]> {
    const paths = new Set([...(await siteFiles(machine, KEPT)), ...(into === null ? [] : [await machine.follow(into)])])
    const sites = await Promise.all([...paths].filter((path) => path !== but).map(async (path) => ({ path, text: (await siteText(machine, path)) ?? '' })))
    return sites.filter(({ text }) => withoutInclude(text) !== text).map(({ path, text }) => writeSite(machine, path, withoutInclude(text)))
  }

  async function removeDirectory(into: string | null): Promise<Step[]> {
    return [...(await removeLine(into)), { kind: 'remove', path: machine.at(SNIPPET) }]
  }

  return {
    title: 'nginx',
    unit: 'nginx',
    errorLog: '/var/log/nginx/error.log',
    rules: 'sudo nginx -T | grep -nE "server_name|location|rewrite"',
    canCheck: machine.has('/usr/sbin/nginx'),
    check: ['nginx', '-t'],
    reload: ['nginx', '-s', 'reload'],
    pidFile: '/run/nginx.pid',
    remark: null,
    mine: [HTTP, SNIPPET, host],
    async files(plan) {
      const { main, http } = await textsOf(plan)
      return [
        { path: machine.at(HTTP), text: http ?? '' },
        { path: machine.at(plan.site.layout === 'host' ? (await places()).file : SNIPPET), text: main },
      ]
    },
    async steps(plan, files, into) {
      const writes = files.map(({ path, text }): Step => ({ kind: 'write', path, text }))
      if (plan.site.layout !== 'host') {
        const path = into.now === null ? await onlySite(machine) : await machine.follow(into.now)
        return [...(await removeHost()), ...writes, ...(await removeLine(into.before, path)), ...(await addLine(machine, path))]
      }
      return [...(await removeDirectory(into.before)), ...writes, ...(await enable())]
    },
    removal: async (into) => [...(await removeDirectory(into)), ...(await removeHost()), { kind: 'remove', path: machine.at(HTTP) }],
  }
}

/** The file or link of that name, be it none yet, without the links of its folders: they may begin at the machine's root. */
async function underRealFolder(machine: Machine, path: string): Promise<string> {
  return join(await machine.follow(dirname(path)), basename(path))
}

/** A file of somebody else's, with a character for each byte: whatever its encoding is, none is lost. */
async function siteText(machine: Machine, path: string): Promise<string | null> {
  return (await bytesAt(machine.at(path)))?.toString('latin1') ?? null
}

function writeSite(machine: Machine, path: string, text: string): Step {
  return { kind: 'write', path: machine.at(path), text: Buffer.from(text, 'latin1') }
}

async function addLine(machine: Machine, path: string): Promise<Step[]> {
  const text = await siteText(machine, path)
  if (text === null) throw new CommandError(`${path} is not there: name a file of nginx with server { … } in it, --into FILE`)
  if (!hasServer(text)) throw new CommandError(`${path} has no server { … } of a site: name a file that has, --into FILE`)
  const changed = withInclude(text)
  if (changed === text) return []
  return [writeSite(machine, path, changed)]
}

async function onlySite(machine: Machine): Promise<string> {
  const files = await siteFiles(machine, READ)
  const texts = await Promise.all(files.map((path) => siteText(machine, path)))
  const sites = files.filter((_, i) => hasServer(texts[i] ?? ''))
  const [only, ...others] = sites
  const choose = 'with supermon-live web nginx --into FILE; a site of its own gets it with --name HOST'
  if (only === undefined) throw new CommandError(`nginx has no site into which Supermon Live could go: name its file ${choose}`)
  if (others.length > 0) throw new CommandError(`nginx has several sites (${sites.map(show).join(', ')}): say which ${choose}`)
  return only
}

/** Files of the machine that may have sites, each once and under its real name; ours are none. */
async function siteFiles(machine: Machine, folders: typeof READ | typeof KEPT): Promise<string[]> {
  const found = new Set<string>()
  for (const [read, pattern] of folders) {
    const folder = await machine.follow(`${FOLDER}/${read}`)
    const names = await readdir(machine.at(folder)).catch((): string[] => [])
    for (const name of names.sort()) {
      if (!pattern.test(name) || /^supermon-live(?:-host)?(?:\.conf)?$/.test(name)) continue
      const path = await machine.follow(`${folder}/${name}`)
      if ((await stat(machine.at(path)).catch(() => null))?.isFile() === true) found.add(path)
    }
  }
  return [...found]
}
