/** What is done to a machine that systemd runs, and what is said when half of it fails. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ProgramEnd } from '../../src/env/runProgram.ts'
import { carryOut } from '../../src/web/carryOut.ts'
import { Machine } from '../../src/web/machine.ts'
import type { Step } from '../../src/web/steps.ts'
import type { WebServer } from '../../src/web/webServer.ts'

class BootedMachine extends Machine {
  override get isHere() { return true }
  override get hasSystemd() { return true }
}

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'supermon-live-')) })
afterEach(() => rm(folder, { recursive: true, force: true }))

const SERVER = { title: 'Apache', unit: 'apache2', canCheck: true, check: ['apache2ctl', 'configtest'] } as unknown as WebServer
const WELL: ProgramEnd = { code: 0, stdout: '', stderr: '' }
const FAILS: ProgramEnd = { code: 1, stdout: '', stderr: 'Job for apache2.service failed.\n' }

/** Carries out `steps` where these commands end like that, and others well. */
async function carry(steps: readonly Step[], ends: Readonly<Record<string, ProgramEnd>> = {}, onRun: (line: string) => Promise<unknown> = () => Promise.resolve()) {
  const ran: string[] = []
  const machine = new BootedMachine(folder, async (command, args) => {
    const line = [command, ...args].join(' ')
    ran.push(line)
    await onRun(line)
    return ends[line] ?? WELL
  })
  let said = ''
  const failure = await carryOut(steps, SERVER, machine, { dryRun: false }, (text) => { said += text }).then(() => '', (error: unknown) => (error as Error).message)
  return { ran, said, failure }
}

describe('what a plan of web needs', () => {
  const site = () => join(folder, 'site.conf')
  const write = (): Step => ({ kind: 'write', path: site(), text: 'new' })

  it('stays in place when only the reload fails, and the next run has the server read it', async () => {
    const first = await carry([write()], { 'systemctl reload apache2': FAILS })
    expect(first.failure).toBe('The files are in place, and Apache did not read them: systemctl reload apache2 failed: Job for apache2.service failed. Mend that, and run this again')
    expect(first.said).toContain(`Done: write ${site()}`)
    expect(await readFile(site(), 'utf8')).toBe('new')
    const second = await carry([write()])
    expect(second.said).toContain('Apache: everything is so already.')
    expect(second.ran).toEqual(['systemctl is-active --quiet apache2', 'systemctl reload apache2'])
  })

  it('is taken back when the server does not like it, and that is said', async () => {
    await writeFile(site(), 'old')
    const { failure, ran } = await carry([write()], { 'apache2ctl configtest': FAILS })
    expect(failure).toBe('apache2ctl configtest failed: Job for apache2.service failed. Everything is as it was before.')
    expect(await readFile(site(), 'utf8')).toBe('old')
    expect(ran).toEqual(['apache2ctl configtest'])
  })

  it('is not said to be as before where it cannot be taken back', async () => {
    const run: Step = { kind: 'run', command: ['a2enmod', 'proxy'], undo: ['a2dismod', 'proxy'] }
    const { failure } = await carry([run, write()], { 'apache2ctl configtest': FAILS, 'a2dismod proxy': { ...FAILS, stderr: 'ERROR: no such module\n' } }, async (line) => {
      if (line !== 'apache2ctl configtest') return
      // What nobody can take away: a folder that is not empty.
      await rm(site())
      await mkdir(join(site(), 'inside'), { recursive: true })
    })
    expect(failure).toMatch(/^apache2ctl configtest failed: .*\. Not all of it could be taken back: \S*site\.conf cannot be read \(EISDIR\): .*; a2dismod proxy failed: ERROR: no such module\.$/)
    expect(failure).not.toContain('as it was before')
  })

  it('is not in the way of itself: what is told to be moved is the file that is where a folder should be', async () => {
    await writeFile(join(folder, 'conf.d'), '')
    const { failure } = await carry([{ kind: 'write', path: join(folder, 'conf.d/site.conf'), text: 'new' }])
    expect(failure).toMatch(/conf\.d\/site\.conf cannot be read \(ENOTDIR\): move the file away that is where a folder should be/)
  })

  it('is as before when a change fails half way', async () => {
    await writeFile(site(), 'old')
    // The file is taken away, and then no link may be so long.
    const { failure } = await carry([{ kind: 'link', path: site(), target: '/'.repeat(5_000) }])
    expect(failure).toMatch(/cannot be changed \(ENAMETOOLONG\): .*\. Everything is as it was before\.$/)
    expect(await readFile(site(), 'utf8')).toBe('old')
  })
})
