/** How setup changes files, or says how it would. */
import { chmod, lstat, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CommandError } from '../config/commandError.ts'
import type { Secret } from '../config/secret.ts'
import { obstacleOf } from '../env/obstacle.ts'
import { codeOf, makeFolder, replaceFile } from '../env/wholeFile.ts'
import type { Owner } from '../env/wholeFile.ts'
import type { Reveal } from './allmonText.ts'
import type { Place } from './place.ts'

export interface Change {
  readonly path: string
  readonly text: (reveal: Reveal) => string
  /** Holds secrets: the service's group reads it, others do not. */
  readonly secret: boolean
}

export interface ChangesOptions {
  readonly place: Place
  readonly dryRun: boolean
  /** null = whoever runs this may not give files away. */
  readonly root: Owner | null
  /** Number of the service's group; null = there is none yet. */
  readonly serviceGroup: number | null
  readonly say: (line: string) => void
}

const masked: Reveal = (secret: Secret) => String(secret)

export class Changes {
  readonly #options: ChangesOptions
  #made = 0

  constructor(options: ChangesOptions) {
    this.#options = options
  }

  /** How many files are other than before, or would be. */
  get made(): number {
    return this.#made
  }

  get dryRun(): boolean {
    return this.#options.dryRun
  }

  /** @throws CommandError */
  async write(change: Change): Promise<void> {
    const { place, dryRun, say } = this.#options
    const text = change.text((secret) => secret.reveal())
    const path = place.at(change.path)
    if ((await readFile(path, 'utf8').catch(() => null)) === text) {
      say(`Kept     ${change.path}`)
      return
    }
    this.#made += 1
    if (dryRun) {
      say(`Would write ${change.path}:`)
      for (const line of change.text(masked).trimEnd().split('\n')) say(`    ${line}`.trimEnd())
      return
    }
    await told(change.path, async () => {
      await makeFolder(dirname(path))
      const owner = this.#owner(change)
      await replaceFile(path, text, { mode: change.secret ? 0o640 : 0o644, ...(owner === undefined ? {} : { owner }) })
    })
    say(`Wrote    ${change.path}`)
    if (change.secret) this.#sayOwner(change.path)
  }

  /** Lets everybody look into a folder of ours. @throws CommandError */
  async openFolder(folder: string): Promise<void> {
    const { place, dryRun, say } = this.#options
    if (!dryRun) await told(folder, () => chmod(place.at(folder), 0o755))
    say(`${dryRun ? 'Would open' : 'Opened  '} ${folder}: the service could not look into it`)
  }

  /** Nothing is said where there is no such file. @throws CommandError */
  async remove(file: string): Promise<void> {
    const { place, dryRun, say } = this.#options
    const path = place.at(file)
    if ((await lstat(path).catch(() => null)) === null) return
    this.#made += 1
    if (!dryRun) await told(file, () => rm(path))
    say(`${dryRun ? 'Would remove' : 'Removed '} ${file}`)
  }

  #owner({ secret }: Change): Owner | undefined {
    const { root, serviceGroup } = this.#options
    if (root === null) return undefined
    return secret && serviceGroup !== null ? { ...root, gid: serviceGroup } : root
  }

  #sayOwner(path: string): void {
    const { root, serviceGroup, say } = this.#options
    if (root !== null && serviceGroup !== null) return
    const why = root === null ? 'this user may not give it away' : 'there is no such group yet'
    say(`Note     ${path} should belong to group supermon-live, but ${why}: sudo chgrp supermon-live ${path}`)
  }
}

/** @throws CommandError in place of what the file system has against it */
export async function told<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CommandError) throw error
    const { why, remedy } = obstacleOf(error)
    throw new CommandError(`${path} cannot be written: ${why}. ${remedy === null ? otherwise(error) : sentence(remedy)}`)
  }
}

function otherwise(error: unknown): string {
  return ['EACCES', 'EPERM'].includes(codeOf(error)) ? 'Run it as root: sudo supermon-live setup' : 'Check the path and the disk.'
}

function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`
}
