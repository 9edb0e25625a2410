/** Files that are there whole or not at all, whoever reads them and whatever happens meanwhile. */
import type { Stats } from 'node:fs'
import { chmod, constants, copyFile, link, lstat, mkdir, open, readFile, realpath, rename, stat, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { decodeText } from './decodeText.ts'

/** Somebody else is writing that file, or was and broke off. */
export class FileBusy extends Error {
  override readonly name = 'FileBusy'
  /** The file that shows it. */
  readonly beside: string

  constructor(beside: string) {
    super(`${beside} is there`)
    this.beside = beside
  }
}

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** What a file is given that was not there before; one that was keeps its own, and a link keeps leading to it. */
export interface NewFile {
  /** Default 0644. */
  readonly mode?: number
  /** Default: whoever writes. */
  readonly owner?: Owner
}

/**
 * Changes a file. Nobody else does meanwhile: the new text is written beside it, into a file that must not be there yet.
 *
 * @param change is handed the text, null = there is no such file; returns the new one, null = leave it. What it throws is thrown.
 * @throws FileBusy, and what the file system has against it
 */
export async function changeFile(path: string, change: (text: string | null) => string | null | Promise<string | null>): Promise<void> {
  const target = await targetOf(path)
  const beside = `${target}.new`
  const file = await open(beside, 'wx', 0o600).catch((error: unknown) => {
    throw codeOf(error) === 'EEXIST' ? new FileBusy(beside) : error
  })
  await replace(target, beside, file, async () => await change(await textOf(target)), {})
}

/** Nobody writes such a file for so long, ms, be the card slow: what was last touched before was left by a change that broke off. */
const BROKEN_OFF_MS = 10_000

/**
 * Takes what a change left that broke off out of the way of {@link changeFile}, for whoever must not be kept from it.
 *
 * @param now ms since 1970; of a clock that was put back, what is from after it was left as well
 * @returns where it is now; null = there is none, it is too new, another takes it away, or it cannot be moved
 */
export async function clearWay(path: string, now: number): Promise<string | null> {
  const beside = `${await targetOf(path)}.new`
  const left = await lstat(beside).catch(() => null)
  if (left === null || Math.abs(now - left.mtimeMs) < BROKEN_OFF_MS) return null
  const second = await giveSecondName(beside, left, '.broken').catch(() => null)
  if (second === null) return null
  const there = await lstat(beside).catch(() => null)
  if (there === null || !isSame(there, left)) {
    // Whoever had it was slow, and another may be writing his by now: that one is his.
    if (second.isNew) await unlink(second.name)
    return null
  }
  // Of several at once only the one that gave the name takes the file away: by the time that another did, it might be the new one of
  // a third. Unless that one broke off as well: a second name changes no other time of a file than this.
  if (!second.isNew && Math.abs(now - there.ctimeMs) < BROKEN_OFF_MS) return null
  await unlink(beside).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error
  })
  return second.name
}

/** Writes a file that nobody else writes: what a process before left beside it is in nobody's way. */
export async function replaceFile(path: string, content: string | Uint8Array, as: NewFile = {}): Promise<void> {
  const target = await targetOf(path)
  // Hidden: web servers include whole folders by pattern, but for such names.
  const beside = join(dirname(target), `.${basename(target)}.new`)
  await unlink(beside).catch(() => undefined)
  // One that is there again by now is somebody's trick.
  await replace(target, beside, await open(beside, 'wx', 0o600), () => Promise.resolve(content), as)
}

/**
 * Gives a file a second name, under which it stays when another takes its place: the first one that is free, so that none is written over.
 *
 * @param mark what that name ends in: `.broken`, then `.broken.2` and so on
 * @returns the second name
 */
export async function keepAside(path: string, mark: string): Promise<string> {
  const target = await targetOf(path)
  return (await giveSecondName(target, await lstat(target), mark)).name
}

/** @returns `isNew` false: the file had that name already */
async function giveSecondName(path: string, file: Stats, mark: string): Promise<{ readonly name: string; readonly isNew: boolean }> {
  for (let count = 1; ; count += 1) {
    const name = `${path}${mark}${count === 1 ? '' : `.${count}`}`
    try {
      await link(path, name).catch((error: unknown) => {
        if (codeOf(error) === 'EEXIST') throw error
        // Not every file system has second names, and not everybody may give them.
        return copyFile(path, name, constants.COPYFILE_EXCL)
      })
      return { name, isNew: true }
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      const other = await lstat(name).catch(() => null)
      if (other !== null && isSame(other, file)) return { name, isNew: false }
    }
  }
}

function isSame(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev
}

async function replace(target: string, beside: string, file: FileHandle, make: () => Promise<string | Uint8Array | null>, as: NewFile): Promise<void> {
  try {
    const content = await make()
    if (content !== null) {
      await file.writeFile(content)
      await giveAway(file, target, as)
      await file.sync()
    }
    await file.close()
    await (content === null ? unlink(beside) : rename(beside, target))
    // It is in place: what a folder has against this must not be taken for the file's failure.
    if (content !== null) await syncFolder(dirname(target)).catch(() => undefined)
  } catch (error) {
    await file.close().catch(() => undefined)
    await unlink(beside).catch(() => undefined)
    throw error
  }
}

/** The new file is for whom the old one was: who changes it as root must not lock the gateway's user out. */
async function giveAway(file: FileHandle, target: string, { mode = 0o644, owner }: NewFile): Promise<void> {
  const old = await stat(target).catch(() => null)
  const to = old ?? owner
  if (to !== undefined) {
    await file.chown(to.uid, to.gid).catch((error: unknown) => {
      // Whoever may not give files away may have one that everybody reads; whom a secret was for must not lose it.
      if (old === null || (old.mode & 0o004) === 0) throw error
    })
  }
  await file.chmod(old === null ? mode : old.mode & 0o7777)
}

/** Makes a folder and those on the way to it, for everybody to look into: the mask of whoever runs this counts for none of them. */
export async function makeFolder(path: string): Promise<void> {
  // One by one: of several at once Node says, on a disk that is read only, that there is no such folder.
  for (const folder of await missingFolders(path)) {
    const isMade = await mkdir(folder).then(() => true, async (error: unknown) => {
      // Another may have made it meanwhile.
      if (codeOf(error) === 'EEXIST' && (await stat(folder).catch(() => null))?.isDirectory() === true) return false
      throw error
    })
    if (isMade) await chmod(folder, 0o755)
  }
}

/** Those that are not there, the outermost first. */
async function missingFolders(path: string): Promise<string[]> {
  const isThere = await stat(path).then(() => true, () => false)
  return isThere || dirname(path) === path ? [] : [...(await missingFolders(dirname(path))), path]
}

/** The new name outlives a power cut only once the folder is on disk. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** A link is kept, and what it leads to is replaced. */
function targetOf(path: string): Promise<string> {
  return realpath(path).catch(() => path)
}

/** What stands in it, as all files of people are read; null = there is no such file. */
export async function textOf(path: string): Promise<string | null> {
  try {
    return decodeText(await readFile(path))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/** `ENOENT` and the like. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
