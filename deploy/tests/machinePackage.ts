/** The package, built for a machine, and what a machine has on its disk. */
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../../server/src/env/runProgram.ts'
import { cache, root } from './machineBase.ts'
import type { Machine } from './machine.ts'

/** Above what package.json says, so that it is an upgrade. */
export const NEXT = '99.0.0'

export interface Built {
  readonly deb: string
  readonly tar: string
}

/** Builds both packages into a folder of their own. Where, is told; whoever asked removes the folder. */
export async function buildPackage(version: string): Promise<Built & { readonly folder: string }> {
  const folder = await mkdtemp(join(cache, 'packages-'))
  const { code, stderr } = await runProgram(process.execPath, [join(root, 'scripts/package.mjs'), '--version', version, '--out', folder], { timeoutMs: 120_000 })
  if (code !== 0) throw new Error(`npm run package ended with ${code}: ${stderr}`)
  return { folder, deb: join(folder, `supermon-live_${version}_all.deb`), tar: join(folder, `supermon-live-${version}.tar.gz`) }
}

/** What dpkg, apt, systemd and a2enmod note of every installation, and the lists of users with their backups. */
const BOOKKEEPING = /^\/(var\/(lib\/(dpkg|apt|apache2)|log|cache|backups)(\/|$)|etc\/(passwd|group|shadow|gshadow|subuid|subgid)-?$|etc\/\.pwd\.lock$|var\/lib\/systemd\/(timers|random-seed|catalog)|root$|opt$)/

/** Every file, link and folder, and of files in /etc what is in them. */
export async function inventory(machine: Machine): Promise<string[]> {
  const parts = [
    "find / -xdev \\( -path /root -o -path /opt -o -path '/usr/share/*' -o -path '/usr/lib/*' \\) -prune -o -type f -path '/etc/*' -exec sha256sum {} + ",
    "-o -type l -printf '%l  %p\\n' -o -printf '%y  %p\\n'; find /usr/lib /usr/share -xdev -printf '%y  %p\\n'; echo end",
  ]
  const lines = (await machine.must(parts.join(''))).split('\n')
  // What a program says is cut at some length, and two that are cut at the same place would look the same.
  if (lines.pop() !== 'end') throw new Error('the machine has more files than can be listed')
  return lines.filter((line) => !BOOKKEEPING.test(line.split('  ').slice(1).join('  '))).sort()
}

/** Lines that only one of two inventories has, with `+` or `-` in front. */
export function difference(before: readonly string[], after: readonly string[]): string[] {
  const [old, now] = [new Set(before), new Set(after)]
  return [...before.filter((line) => !now.has(line)).map((line) => `- ${line}`), ...after.filter((line) => !old.has(line)).map((line) => `+ ${line}`)]
}
