/** The user for manager.conf: proposed, and added only when somebody says so. */
import { chmod, chown, readFile, stat, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/loadConfig.ts'
import { readAsteriskConf } from '../../src/setup/asteriskConf.ts'
import { chooseUser, isMorePowerful, managerOf } from '../../src/setup/managerConf.ts'
import { newSecret } from '../../src/setup/stanza.ts'
import { Machine, on } from './machine.ts'

const MANAGER = '/etc/asterisk/manager.conf'
const INI = '/etc/supermon-live/allmon.ini'

const managerFile = (text: string) => Machine.make({ '/etc/asterisk/rpt.conf': '[546051]\n', [MANAGER]: text })
/** What Asterisk would make of its file now. */
const managerOn = async (machine: Machine) => {
  const text = await machine.read(MANAGER)
  return managerOf((await readAsteriskConf('manager.conf', { find: (name) => Promise.resolve(name === 'manager.conf' ? [name] : []), read: () => Promise.resolve(text) }))!)
}
const users = async (machine: Machine) => (await loadConfig(machine.at(INI))).nodes.map(({ user, secret }) => `${user} ${secret.reveal()}`)
/** The stanza that is printed, without the blanks in front. */
const printed = (out: string) => out.split('\n').filter((line) => line.startsWith('    ') && !line.startsWith('     ')).map((line) => line.trim()).join('\n')

/** Somebody is there; with --yes he is not asked. */
const AT_TERMINAL = { answer: false }

describe('the proposal', () => {
  it('is a user that may watch from this machine, and nothing else', async () => {
    const machine = await on(Machine.withAsterisk('asl3'))
    const { out } = await machine.setup('--yes', AT_TERMINAL)
    expect(out).toContain('AMI user The gateway signs in as admin, which may do more than it needs. A user of its own is safer.\n')
    const [secret = ''] = /(?<=secret = )\S+/.exec(printed(out)) ?? []
    expect(secret).toMatch(/^[\w-]{32}$/)
    await machine.write(MANAGER, `[general]\nenabled = yes\n${printed(out)}\n`)
    const own = chooseUser(await managerOn(machine), false)!
    expect([own.name, own.secret.reveal(), [...own.read], [...own.write], own.here, isMorePowerful(own, false)]).toEqual(['supermon-live', secret, ['call'], [], true, false])
    expect(printed(out)).toContain('deny = 0.0.0.0/0.0.0.0\npermit = 127.0.0.1/255.255.255.255\n')
    expect(printed(out)).toContain('eventfilter = !Event: RPT_LINKS')
  })

  it('may command only where that is wanted', async () => {
    const machine = await on(Machine.withAsterisk('asl3'))
    expect(printed((await machine.setup('--yes --control')).out)).toMatch(/^write = command$/m)
  })

  it('is for the address where AMI answers', async () => {
    const machine = await on(managerFile('[general]\nenabled = yes\nbindaddr = 192.0.2.7\n'))
    expect(printed((await machine.setup('--yes')).out)).toContain('permit = 192.0.2.7/255.255.255.255\n')
    const six = await on(managerFile('[general]\nenabled = yes\nbindaddr = ::1\n'))
    expect(printed((await six.setup('--yes')).out)).toContain('deny = ::/0\npermit = ::1/128\n')
  })

  it('shows no secret but its own', async () => {
    const machine = await on(Machine.withAsterisk('hamvoip'))
    const { out } = await machine.setup('--yes')
    expect(out).not.toMatch(/made-up/)
  })

  it.each([
    ['into a file or a pipe', {}, ''],
    ["by a package's scripts, whose words apt logs", { ...AT_TERMINAL, env: { DPKG_MAINTSCRIPT_PACKAGE: 'supermon-live' } }, ' --control'],
  ])('hides its secret where it is said %s, and says what shows it', async (_, tools, words) => {
    const machine = await on(managerFile('[general]\nenabled = yes\n'))
    const { out } = await machine.setup(`--yes${words}`, tools)
    expect(printed(out)).toContain('secret = [secret]')
    expect(out).not.toContain((await users(machine))[0]?.split(' ')[1])
    expect(out).toContain(`         To see the secret, at a terminal: sudo supermon-live setup --manager print${words}\n         Or let setup add them: sudo supermon-live setup --manager apply${words}\n`)
  })

  it('is not made where a user of manager.conf may do just what is needed', async () => {
    const machine = await on(managerFile('[general]\nenabled = yes\n[watch]\nsecret = s\nread = call\n'))
    expect((await machine.setup('--yes')).out).not.toContain('AMI user')
  })

  it('where no user suffices, allmon.ini has its secret already: nothing but pasting is left, also after the next run', async () => {
    const machine = await on(managerFile('[general]\nenabled = yes\n[far]\nsecret = s\nread = call\ndeny = 127.0.0.1\n'))
    const first = await machine.setup('--yes', AT_TERMINAL)
    expect(first.out).toContain('AMI user No user in manager.conf gives the gateway the access it needs. Until one does, no node can be shown.\n')
    expect(first.out).toContain('         Add them, then: sudo asterisk -rx "manager reload"\n')
    const again = await machine.setup('--yes', AT_TERMINAL)
    expect(printed(again.out)).toBe(printed(first.out))
    await machine.write(MANAGER, `[general]\nenabled = yes\n${printed(first.out)}\n`)
    expect(await users(machine)).toEqual([`supermon-live ${chooseUser(await managerOn(machine), false)!.secret.reveal()}`])
    expect((await machine.setup('--yes', AT_TERMINAL)).out).not.toContain('AMI user')
  })

  it('that was pasted is taken by the next run, in place of the more powerful user', async () => {
    const machine = await on(Machine.withAsterisk('asl3'))
    const { out } = await machine.setup('--yes', AT_TERMINAL)
    expect(out).toContain('         Add them, then: sudo asterisk -rx "manager reload" && sudo supermon-live setup\n')
    expect(await users(machine)).toEqual(Array.from({ length: 3 }, () => 'admin made-up-asl3;secret'))
    await machine.write(MANAGER, `${await machine.read(MANAGER)}\n${printed(out)}\n`)
    expect((await machine.setup('--yes', AT_TERMINAL)).out).toContain(`Wrote    ${INI}\n`)
    expect((await users(machine))[0]).toMatch(/^supermon-live [\w-]{32}$/)
  })

  it('leaves an allmon.ini that somebody else wrote as it is', async () => {
    const machine = await on(Machine.withAsterisk('asl3'))
    const text = '[546051]\nhost=127.0.0.1\nuser=admin\npasswd=x\n'
    await machine.write(INI, text)
    const { out } = await machine.setup('--manager apply')
    expect([await machine.read(INI), out.includes(`Note     ${INI} is not ours to change: put user = supermon-live`)]).toEqual([text, true])
  })

  it('of a user that is there and may not do enough is a sentence', async () => {
    const machine = await on(managerFile('[general]\nenabled = yes\n[supermon-live]\nsecret = s\nread = system\n'))
    const { out } = await machine.setup('--manager apply')
    expect(out).toContain('Note     [supermon-live] in /etc/asterisk/manager.conf may not do what the gateway needs: give it read = call, a secret, and permit = 127.0.0.1/255.255.255.255')
    expect(await machine.read(MANAGER)).not.toContain('Added for')
  })

  it('comes with what is missing where there is no manager.conf', async () => {
    const machine = await on(Machine.make({ '/etc/asterisk/rpt.conf': '[546051]\n' }))
    const { code, out } = await machine.setup('--manager apply')
    expect([code, out.includes(`Note     There is no ${MANAGER} to add it to.\n`), out.includes('Make one, with [general] and enabled = yes.\n')]).toEqual([0, true, true])
  })
})

describe('adding it', () => {
  it('keeps every byte, the mode and a copy of the file before, and signs in by it', async () => {
    const machine = await on(managerFile(''))
    const before = `[general]\r\nenabled = yes\r\n; Stra\u00DFe\r\n[admin]\r\nsecret = s\r\nread = all\r\nwrite = all`
    const latin1 = Buffer.from(before, 'latin1')
    await writeFile(machine.at(MANAGER), latin1)
    await chmod(machine.at(MANAGER), 0o640)
    const { code, out } = await machine.setup('--manager apply')
    expect(code).toBe(0)
    expect((await readFile(machine.at(MANAGER))).subarray(0, latin1.length)).toEqual(latin1)
    expect(await readFile(machine.at(`${MANAGER}.before-supermon-live`))).toEqual(latin1)
    expect([(await stat(machine.at(MANAGER))).mode & 0o777, (await stat(machine.at(`${MANAGER}.before-supermon-live`))).mode & 0o777]).toEqual([0o640, 0o640])
    const own = chooseUser(await managerOn(machine), false)!
    expect(own.name).toBe('supermon-live')
    expect(await users(machine)).toEqual([`supermon-live ${own.secret.reveal()}`])
    expect(out).not.toContain(own.secret.reveal())
    expect(out).toContain(`Wrote    ${MANAGER}: added [supermon-live]; the previous file is ${MANAGER}.before-supermon-live\n`)
  })

  it('happens once', async () => {
    const machine = await on(Machine.withAsterisk('asl3'))
    await machine.setup('--manager apply')
    const before = await machine.tree()
    const { out } = await machine.setup('--manager apply')
    expect([await machine.tree(), out.includes('AMI user')]).toEqual([before, false])
  })

  it('needs a yes at a terminal, and none is asked for when nobody is there', async () => {
    const machine = await on(Machine.withAsterisk('asl3'))
    const before = await machine.read(MANAGER)
    expect((await machine.setup('', { answer: false })).asked).toEqual([`Add them to ${MANAGER} now? [y/N] `])
    expect((await machine.setup('--yes', { answer: true })).asked).toEqual([])
    expect((await machine.setup('--manager print', { answer: true })).asked).toEqual([])
    expect((await machine.setup('--dry-run', { answer: true })).asked).toEqual([])
    expect((await machine.setup('')).asked).toEqual([])
    expect(await machine.read(MANAGER)).toBe(before)
    await machine.setup('', { answer: true })
    expect(await machine.read(MANAGER)).toContain('\n[supermon-live]\n')
  })

  it('is refused where it would stand in an open comment, and nothing is changed', async () => {
    const text = '[general]\nenabled = yes\n;-- the rest is off\n'
    const machine = await on(managerFile(text))
    await expect(machine.setup('--manager apply')).rejects.toThrow('manager.conf cannot be added to: what stands at its end would not be understood. Add the lines by hand. Nothing was changed there.')
    expect(await machine.read(MANAGER)).toBe(text)
    expect((await machine.tree()).filter((line) => line.includes('before-supermon-live'))).toEqual([])
  })

  it('keeps the first copy, which is the file as it was before us', async () => {
    const machine = await on(Machine.withAsterisk('asl3'))
    await machine.write(`${MANAGER}.before-supermon-live`, 'first')
    await machine.setup('--manager apply')
    expect(await machine.read(`${MANAGER}.before-supermon-live`)).toBe('first')
  })

  it.skipIf(process.getuid?.() !== 0)('keeps the owner (only root may give files away)', async () => {
    const machine = await on(Machine.withAsterisk('asl3'))
    await chown(machine.at(MANAGER), 40_003, 40_004)
    await machine.setup('--manager apply')
    for (const path of [MANAGER, `${MANAGER}.before-supermon-live`]) {
      const { uid, gid } = await stat(machine.at(path))
      expect([uid, gid]).toEqual([40_003, 40_004])
    }
  })
})

it('has another secret each time', () => {
  expect(new Set(Array.from({ length: 50 }, () => newSecret().reveal())).size).toBe(50)
})
