/** What setup says to wrong words and broken files, and to whom it gives what it writes. */
import { chmod, stat } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/config/optionValues.ts'
import { setupCommand } from '../../src/setup/command.ts'
import { Machine, on } from './machine.ts'

const CONF = '/etc/supermon-live/supermon-live.conf'
const INI = '/etc/supermon-live/allmon.ini'
const MANAGER = '/etc/asterisk/manager.conf'

describe('wrong words and broken files are one sentence each', () => {
  const run = (line: string) => setupCommand(line.split(' '), { env: {}, now: 0, write: () => undefined })

  it.each([
    ['--under --alone', '--under and --alone cannot be combined; give one of them; see: setup --help'],
    ['--demo --config /x', '--demo and --config cannot be combined; the demo has nodes of its own; see: setup --help'],
    ['--yes=1', '--yes takes no value; leave the value out; see: setup --help'],
    ['--web', '--web has no value; write --web VALUE; see: setup --help'],
    ['--web --yes', '--web has no value; write --web VALUE; see: setup --help'],
    ['--web lighttpd', '--web "lighttpd" is not known; give one of apache, nginx, none; see --help'],
    ['--root relative', '--root "relative" does not begin with /; give the whole path'],
    ['--prot 1', 'setup has no option "--prot"; see: setup --help'],
    ['now', 'setup takes no "now"; options start with --; see: setup --help'],
    ['--base /..', '--base "/.." is not a URL path; give one like /supermon-ng, or leave it out; see --help'],
  ])('%s', async (line, sentence) => {
    await expect(run(line)).rejects.toThrow(new UsageError(sentence))
  })

  it('a root that is not there', async () => {
    await expect(run('--root /no/such/root')).rejects.toThrow('There is no folder /no/such/root: name one with --root that holds a machine\'s files.')
  })

  it('--beside without Supermon-NG', async () => {
    const machine = await on(Machine.withAsterisk('asl3'))
    await expect(machine.setup('--beside')).rejects.toThrow(/^--beside needs Supermon-NG, and .* is not there\. Name its allmon\.ini with --config, or leave --beside out\.$/)
  })

  it.each([
    ['/etc/asterisk/rpt.conf', '[546051', /^\/etc\/asterisk\/rpt\.conf:1: this section header has no closing bracket, and Asterisk does not load the file as it is; write \[name\]$/],
    [MANAGER, '[admin](x', /^\/etc\/asterisk\/manager\.conf:1: what this section inherits has no closing parenthesis/],
    [CONF, 'prot = 1', /^\/etc\/supermon-live\/supermon-live\.conf:1: there is no setting "prot"; those there are/],
    [INI, '[546051\n', /\/etc\/supermon-live\/allmon\.ini:1: this section header has no closing bracket; write \[name\]$/],
  ])('%s', async (path, text, sentence) => {
    const machine = await on(Machine.withAsterisk('asl3'))
    await machine.write(path, text)
    const before = await machine.tree()
    await expect(machine.setup('--yes')).rejects.toThrow(sentence)
    expect(await machine.tree()).toEqual(before)
  })

  it('help says all there is', async () => {
    let out = ''
    await setupCommand(['--help'], { env: {}, now: 0, write: (text) => { out += text } })
    for (const word of ['--beside', '--under', '--alone', '--demo', '--config', '--base', '--web', '--manager', '--control', '--yes', '--dry-run', '--root']) expect(out).toContain(`  ${word}`)
  })
})

describe('owner and mode', () => {
  const PASSWD = 'root:x:0:0::/root:/bin/sh\nsupermon-live:x:40001:40002::/nonexistent:/usr/sbin/nologin\n'
  const GROUP = 'root:x:0:\nsupermon-live:x:40002:\n'

  it('the file with secrets is for the service alone, and settings are for everybody', async () => {
    const machine = await on(Machine.withAsterisk('asl3', { '/etc/passwd': PASSWD, '/etc/group': GROUP }))
    const { out } = await machine.setup('--yes')
    const [ini, conf] = await Promise.all([stat(machine.at(INI)), stat(machine.at(CONF))])
    expect([ini.mode & 0o777, conf.mode & 0o777]).toEqual([0o640, 0o644])
    if (process.getuid?.() === 0) {
      expect([ini.uid, ini.gid, conf.uid, conf.gid]).toEqual([0, 40_002, 0, 0])
      expect(out).not.toContain('chgrp')
    } else {
      expect(out).toContain(`Note     ${INI} should belong to group supermon-live, but this user may not give it away: sudo chgrp supermon-live ${INI}\n`)
    }
  })

  it('is left out, and said, by whoever is not root or where there is no such group yet', async () => {
    const machine = await on(Machine.withAsterisk('asl3', { '/etc/passwd': PASSWD, '/etc/group': GROUP }))
    expect((await machine.setup('--yes', { uid: 1000 })).out).toContain('but this user may not give it away: sudo chgrp supermon-live')
    const other = await on(Machine.withAsterisk('asl3'))
    expect((await other.setup('--yes', { uid: 0, ...(process.getuid?.() === 0 ? {} : { uid: 1000 }) })).out).toMatch(/there is no such group yet|may not give it away/)
  })

  it.skipIf(process.getuid?.() === 0)('a configuration that this user may not look at does not count as missing (root may look at any)', async () => {
    const machine = await on(Machine.withAsterisk('asl3'))
    await chmod(machine.at('/etc/asterisk'), 0o000)
    await expect(machine.setup('--yes')).rejects.toThrow(/^\/etc\/asterisk\/\S+: this user may not read it; run this as root, with sudo$/)
    await chmod(machine.at('/etc/asterisk'), 0o755)
  })

  it.skipIf(process.getuid?.() === 0)('a folder that this user may not write in is one sentence (root may write anywhere)', async () => {
    const machine = await on(Machine.withAsterisk('asl3', { '/etc/supermon-live/x': '' }))
    await chmod(machine.at('/etc/supermon-live'), 0o555)
    await expect(machine.setup('--yes')).rejects.toThrow(`${INI} cannot be written: this user may not do that. Run it as root: sudo supermon-live setup`)
    await chmod(machine.at('/etc/supermon-live'), 0o755)
  })
})
