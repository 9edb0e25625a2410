/** The gateway's own accounts, from files of ann, bob and cat in a folder that the test writes to, and time that it moves. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Access } from '../../src/access/access.ts'
import type { AccessOptions } from '../../src/access/access.ts'
import type { Identity } from '../../src/access/authority.ts'
import { ManualClock } from './manualClock.ts'

// openssl passwd -apr1: `password` and `x`.
export const HASH = '$apr1$s4ltS4lt$qcy0mEws4sXZjwcpRZyg/1'
export const OTHER_HASH = '$apr1$zz$nPtiSiJFVwLFJnkJT3POQ.'
export const USERS = `ann:${HASH}\nbob:${HASH}\ncat:${HASH}\n`
const RIGHTS = `<?php $CONNECTUSER = array("ann", "bob"); $PERMUSER = array("ann"); $RSTATUSER = array("bob"); ?>`
const INIS = `<?php $ININAME['ann'] = "ann.ini"; $ININAME['cat'] = "gone.ini"; ?>`

export const nobody: Identity = { user: null, session: null, permissions: new Set() }

export class AccessStage {
  readonly clock = new ManualClock()
  /** Holds `.htpasswd`, `authusers.inc` and `authini.inc`. */
  readonly folder: string
  /** The nodes of each ini file, or why it cannot be read. */
  readonly inis = new Map<string, readonly string[] | Error>([
    ['allmon.ini', ['2000', '2001']],
    ['ann.ini', ['2001', '2002']],
  ])

  private constructor(folder: string) {
    this.folder = folder
  }

  static async open(): Promise<AccessStage> {
    const stage = new AccessStage(await mkdtemp(join(tmpdir(), 'access-')))
    await stage.put('.htpasswd', USERS)
    await stage.put('authusers.inc', RIGHTS)
    await stage.put('authini.inc', INIS)
    return stage
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true })
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  async put(name: string, text: string): Promise<void> {
    await writeFile(this.path(name), text)
  }

  async remove(name: string): Promise<void> {
    await rm(this.path(name))
  }

  /** By the files as they are now. */
  async access(options: Partial<AccessOptions> = {}): Promise<Access> {
    const access = new Access({
      clock: this.clock,
      base: '/supermon-ng',
      anonymous: 'read',
      paths: {
        htpasswd: this.path('.htpasswd'),
        authusers: this.path('authusers.inc'),
        authini: this.path('authini.inc'),
        generalIni: 'allmon.ini',
        unmappedIni: 'nolog.ini',
      },
      loadNodes: (file) => {
        const nodes = this.inis.get(file)
        if (nodes === undefined) return Promise.reject(Object.assign(new Error('no such file'), { code: 'ENOENT' }))
        return nodes instanceof Error ? Promise.reject(nodes) : Promise.resolve(nodes)
      },
      ...options,
    })
    await access.reload()
    return access
  }
}

export async function signIn(access: Access, user: string, password = 'password'): Promise<{ who: Identity; cookie: string }> {
  const result = await access.login(user, password, '192.0.2.1')
  if (!result.ok) throw new Error(result.code)
  const cookie = access.cookie(result.token, { secure: true, hosts: ['club.example'] }).split(';')[0] ?? ''
  return { who: access.identify({ cookie }), cookie }
}

/** Of a user, null = of a visitor. */
export const nodesFor = (access: Access, user: string | null): string[] => [...access.nodesFor(user)]
