/** The AMI user that setup proposes: it may do what the gateway needs, and nothing else. */
import { randomBytes } from 'node:crypto'
import { chown, copyFile, readFile, stat } from 'node:fs/promises'
import { constants } from 'node:fs'
import { CommandError } from '../config/commandError.ts'
import { Secret } from '../config/secret.ts'
import { decodeText } from '../env/decodeText.ts'
import { codeOf, replaceFile } from '../env/wholeFile.ts'
import { readAsteriskConf } from './asteriskConf.ts'
import type { Reveal } from './allmonText.ts'
import { chooseUser, managerOf, OWN_USER } from './managerConf.ts'

export interface Stanza {
  readonly secret: Secret
  /** Where AMI answers, which is also where the gateway comes from. */
  readonly host: string
  /** Are people to command nodes, or to see names of EchoLink stations? */
  readonly control: boolean
}

/** 192 bits, of letters that mean nothing in any of the files. */
export function newSecret(): Secret {
  return new Secret(randomBytes(24).toString('base64url'))
}

export function stanzaText({ secret, host, control }: Stanza, reveal: Reveal): string {
  const isIpv6 = host.includes(':')
  return [
    '; Added for supermon-live: it watches, from this machine only.',
    `[${OWN_USER}]`,
    `secret = ${reveal(secret)}`,
    'deny = 0.0.0.0/0.0.0.0',
    ...(isIpv6 ? ['deny = ::/0', `permit = ${host}/128`] : [`permit = ${host}/255.255.255.255`]),
    '; Who keys up and who is linked. Without it the gateway asks once a second.',
    'read = call',
    ...(control
      ? ['; Connecting and disconnecting nodes, and names of EchoLink stations.', 'write = command']
      : ['; Nothing. Connecting nodes from the page, and names of EchoLink stations, need: write = command', 'write =']),
    '; Lists of all linked nodes at each key-up, which nobody reads here.',
    'eventfilter = !Event: RPT_LINKS',
    '',
  ].join('\n')
}

/**
 * Puts the stanza at the end of manager.conf. A copy of the file before stays beside it; mode and owner are kept.
 *
 * @param path of manager.conf on this machine
 * @returns the copy's path
 * @throws CommandError when it would not be understood there, and what the file system has against it
 */
export async function appendStanza(path: string, stanza: Stanza): Promise<string> {
  // Bytes: what stands there may be of any encoding, and is none of our business.
  const before = await readFile(path)
  const gap = before.length === 0 ? '' : before.at(-1) === 0x0a ? '\n' : '\n\n'
  const after = Buffer.concat([before, Buffer.from(`${gap}${stanzaText(stanza, (secret) => secret.reveal())}`)])
  await mustCount(decodeText(after), stanza)
  const copy = `${path}.before-supermon-live`
  await copyFile(path, copy, constants.COPYFILE_EXCL).then(() => keepOwner(path, copy), (error: unknown) => {
    // The first one is the file as it was before us.
    if (codeOf(error) !== 'EEXIST') throw error
  })
  await replaceFile(path, after)
  return copy
}

/** A block comment that is left open would swallow it. */
async function mustCount(text: string, { control }: Stanza): Promise<void> {
  const source = { find: (name: string) => Promise.resolve(name === 'manager.conf' ? [name] : []), read: () => Promise.resolve(text) }
  const conf = await readAsteriskConf('manager.conf', source)
  if (conf !== null && chooseUser(managerOf(conf), control)?.name === OWN_USER) return
  throw new CommandError('manager.conf cannot be added to: what stands at its end would not be understood. Add the lines by hand. Nothing was changed there.')
}

async function keepOwner(from: string, to: string): Promise<void> {
  const { uid, gid } = await stat(from)
  // Whoever may not give files away is their owner already.
  await chown(to, uid, gid).catch(() => undefined)
}
