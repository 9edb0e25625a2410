import { open, realpath, rename, stat, unlink } from 'node:fs/promises'

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * Writes a file that is there whole or not at all. One that was there keeps its mode and owner, and a link keeps leading to it.
 *
 * @param mode of a new file
 * @param owner of a new file; left out = whoever writes
 */
export async function writeWhole(path: string, content: string | Uint8Array, mode = 0o644, owner?: Owner): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const old = await stat(target).catch(() => null)
  const beside = `${target}.supermon-live-new`
  await unlink(beside).catch(() => undefined)
  const file = await open(beside, 'wx', 0o600)
  try {
    await file.writeFile(content)
    const { uid, gid } = old ?? owner ?? {}
    if (uid !== undefined && gid !== undefined) await file.chown(uid, gid)
    await file.chmod(old === null ? mode : old.mode & 0o7777)
    await file.sync()
    await file.close()
    await rename(beside, target)
  } catch (error) {
    await file.close().catch(() => undefined)
    await unlink(beside).catch(() => undefined)
    throw error
  }
}
