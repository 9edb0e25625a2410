/** Files that are there whole or not at all, whoever reads them and whatever happens meanwhile. */
import { open, readFile, realpath, rename, stat, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

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

/**
 * Changes a file. Nobody else does meanwhile: the new text is written beside it, into a file that must not be there yet.
 *
 * @param change is handed the text, null = there is no such file; returns the new one, null = leave it. What it throws is thrown.
 * @throws FileBusy, and what the file system has against it
 */
export async function changeFile(path: string, change: (text: string | null) => string | null): Promise<void> {
  const target = await targetOf(path)
  const beside = `${target}.new`
  const file = await open(beside, 'wx', 0o600).catch((error: unknown) => {
    throw codeOf(error) === 'EEXIST' ? new FileBusy(beside) : error
  })
  await replace(target, beside, file, async () => change(await textOf(target)))
}

/** Writes a file that only this process writes: what an earlier one left beside it is in nobody's way. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const target = await targetOf(path)
  const beside = `${target}.tmp`
  await replace(target, beside, await open(beside, 'w', 0o600), () => Promise.resolve(text))
}

async function replace(target: string, beside: string, file: FileHandle, make: () => Promise<string | null>): Promise<void> {
  try {
    const text = await make()
    if (text !== null) {
      await file.writeFile(text)
      await keepOwner(file, target)
      await file.sync()
    }
    await file.close()
    await (text === null ? unlink(beside) : rename(beside, target))
    if (text !== null) await syncFolder(dirname(target))
  } catch (error) {
    await file.close().catch(() => undefined)
    await unlink(beside).catch(() => undefined)
    throw error
  }
}

/** The new file is for whom the old one was: who changes it as root must not lock the gateway's user out. */
async function keepOwner(file: FileHandle, target: string): Promise<void> {
  const old = await stat(target).catch(() => null)
  // Whoever may not give files away is their owner already, or the folder is his.
  if (old !== null) await file.chown(old.uid, old.gid).catch(() => undefined)
  await file.chmod(old === null ? 0o644 : old.mode & 0o777)
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

/** null = there is no such file. */
export async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/** `ENOENT` and the like. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
