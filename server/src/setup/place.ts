/** The machine that is set up: `/`, or a folder that stands for it, as tests and makers of images have it. */
import type { Stats } from 'node:fs'
import { lstat, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '../config/errors.ts'
import { decodeText } from '../env/decodeText.ts'
import { hasWildcard, matchesWildcard } from './wildcard.ts'

/** Far above any file that is read here but the lists of names, which are not. */
const MOST_BYTES = 8 * 1024 * 1024

export class Place {
  /** Without a slash at its end; '' = this machine. */
  readonly root: string

  constructor(root: string) {
    this.root = root === '/' ? '' : root.replace(/\/+$/, '')
  }

  get isThisMachine(): boolean {
    return this.root === ''
  }

  /** Where a file of that machine is on this one. */
  at(path: string): string {
    return this.root === '' ? path : join(this.root, path)
  }

  /** @throws ConfigError when this user may not even look: it must not count as missing */
  async isFile(path: string): Promise<boolean> {
    return (await this.#stat(path))?.isFile() ?? false
  }

  /** Is there anything of that name, be it a link that leads nowhere? */
  async isThere(path: string): Promise<boolean> {
    return (await lstat(this.at(path)).catch(() => null)) !== null
  }

  /** @throws ConfigError likewise */
  async isFolder(path: string): Promise<boolean> {
    return (await this.#stat(path))?.isDirectory() ?? false
  }

  async #stat(path: string): Promise<Stats | null> {
    try {
      return await stat(this.at(path))
    } catch (error) {
      return nothingThere(path, error)
    }
  }

  /**
   * @returns null when there is no such file
   * @throws ConfigError when it cannot be read
   */
  async textOf(path: string): Promise<string | null> {
    try {
      const { size } = await stat(this.at(path))
      if (size > MOST_BYTES) throw new ConfigError({ code: 'too-large', file: path, line: null, reason: 'this is too large to be right', whatToDo: 'check what it is' })
      return decodeText(await readFile(this.at(path)))
    } catch (error) {
      return nothingThere(path, error)
    }
  }

  /** The first of these files that is there; null = none. */
  async firstFile(paths: readonly string[]): Promise<string | null> {
    for (const path of paths) if (await this.isFile(path)) return path
    return null
  }

  /** Files that a path with wildcards stands for, in order; one without stands for itself, if it is there. */
  async find(path: string): Promise<string[]> {
    let found = ['']
    for (const part of path.split('/').filter((each) => each !== '')) {
      const next = await Promise.all(found.map((folder) => this.#step(folder, part)))
      found = next.flat()
    }
    const files = await Promise.all(found.map(async (each) => ({ each, isFile: await this.isFile(each) })))
    return files.filter(({ isFile }) => isFile).map(({ each }) => each)
  }

  async #step(folder: string, part: string): Promise<string[]> {
    if (!hasWildcard(part)) return [`${folder}/${part}`]
    const names = await readdir(this.at(folder === '' ? '/' : folder)).catch(() => [])
    return names.filter((name) => matchesWildcard(part, name)).sort().map((name) => `${folder}/${name}`)
  }
}

/**
 * @returns null when the error says that there is no such file
 * @throws ConfigError for all others
 */
function nothingThere(path: string, error: unknown): null {
  if (error instanceof ConfigError) throw error
  const code = (error as { code?: string }).code ?? 'unknown'
  if (code === 'ENOENT' || code === 'ENOTDIR') return null
  const denied = code === 'EACCES' || code === 'EPERM'
  throw new ConfigError({
    code: 'not-readable', file: path, line: null,
    reason: denied ? 'this user may not read it' : `it cannot be read (${code})`,
    whatToDo: denied ? 'run this as root, with sudo' : 'check the path and the disk',
  }, { cause: error })
}
