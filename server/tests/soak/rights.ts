/** The operator's files: who has an account, who may see and do what. What they grant is known here as well, to compare with. */
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HASH } from '../support/club.ts'
import type { Fact } from './history.ts'

/** W5GLE has all nodes, peers and control; WB6NIL one node and no more. Whoever does not sign in sees nothing. */
export const MEMBERS = ['W5GLE', 'WB6NIL'] as const
export type Member = (typeof MEMBERS)[number]
const ONE = '546055'
/** A change of these files counts within 5 s, ms. */
const IN_FORCE_MS = 5_500

export class Rights {
  readonly #folder: string
  readonly #accounts = new Set<Member>(MEMBERS)
  #control = true
  #accountsChangedAt = Number.NEGATIVE_INFINITY

  constructor(folder: string) {
    this.#folder = folder
  }

  async write(): Promise<void> {
    await this.#file('.htpasswd', [...this.#accounts].map((name) => `${name}:${HASH}\n`).join(''))
    const granted = this.#control ? '"W5GLE"' : ''
    await this.#file('authusers.inc', `<?php\n$CONNECTUSER = array(${granted}); $DISCUSER = array(${granted}); $RSTATUSER = array(${granted});\n`)
    await this.#file('authini.inc', '<?php\n$ININAME[\'WB6NIL\'] = "one.ini";\n')
  }

  async setAccount(name: Member, on: boolean): Promise<void> {
    if (on) this.#accounts.add(name)
    else this.#accounts.delete(name)
    this.#accountsChangedAt = performance.now()
    await this.write()
  }

  /** Control and peer addresses, for those who had them. */
  async setControl(on: boolean): Promise<void> {
    this.#control = on
    await this.write()
  }

  /** Would his password be taken? Who tries before it is in force is soon taken for somebody who guesses, and has to wait. */
  takesPassword(name: Member): boolean {
    return this.#accounts.has(name) && performance.now() - this.#accountsChangedAt > IN_FORCE_MS
  }

  maySee(name: Member | null, node: string): boolean {
    return name !== null && this.#accounts.has(name) && (name === 'W5GLE' || node === ONE)
  }

  maySeePeers(name: Member | null): boolean {
    return name === 'W5GLE' && this.#accounts.has(name) && this.#control
  }

  facts(nodes: readonly string[]): (readonly [string, Fact])[] {
    return [null, ...MEMBERS].flatMap((name) => [
      [`${String(name)} peers`, this.maySeePeers(name)] as const,
      ...nodes.map((node) => [`${String(name)} sees ${node}`, this.maySee(name, node)] as const),
    ])
  }

  /** As the usual tools replace a file: all at once. */
  async #file(name: string, text: string): Promise<void> {
    const path = join(this.#folder, name)
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
  }
}
