/** Which files the service reads, by its settings. */
import { basename, dirname, join } from 'node:path'
import type { Wanted } from './fileRights.ts'
import { ACCOUNTS, TEXTS } from './hiddenFolders.ts'
import type { Place } from './place.ts'

/** Settings that name a file. */
const FILES = [
  'config', 'astdb', 'private-nodes', 'site', 'rollout', 'metrics-token-file',
  'mqtt-password-file', 'mqtt-ca', 'mqtt-cert', 'mqtt-key', 'mqtt-sign-key', 'mqtt-orders',
]
/** Names the users' own ini files. */
const AUTHINI = 'authini.inc'
/** Nodes of users whom that names none for. */
const UNMAPPED = 'nolog.ini'

/** @param settings by name; @returns paths that need not be there, each once */
export async function wantedBy(settings: ReadonlyMap<string, string>, place: Place): Promise<Wanted[]> {
  const files = FILES.map((name) => settings.get(name)).filter((path) => path !== undefined)
  const config = settings.get('config')
  if (config !== undefined && !settings.has('site')) files.push(join(dirname(config), TEXTS))
  const users = settings.get('users')
  // Beside Supermon-NG its accounts are its own to read, unless orders come over a broker: whether their user may is looked up there.
  const folder = users ?? (settings.has('auth') && config !== undefined ? dirname(config) : undefined)
  if (folder !== undefined) {
    const names = users !== undefined || settings.has('mqtt-orders') ? ACCOUNTS : [AUTHINI]
    files.push(...[...names, UNMAPPED, ...(await inisIn(folder, place))].map((name) => join(folder, name)))
  }
  return [...new Set(files)].map(file).concat(users === undefined ? [] : [{ path: users, kind: 'folder' }])
}

/** Other files of that ending may lie there, Supermon-NG's favorites among them. */
async function inisIn(folder: string, place: Place): Promise<string[]> {
  const listed = (await place.textOf(join(folder, AUTHINI)).catch(() => null)) ?? ''
  const names = (await place.find(`${folder}/*.ini`)).map((path) => basename(path))
  return names.filter((name) => listed.includes(name))
}

export function file(path: string): Wanted {
  return { path, kind: 'file' }
}
