/** install.sh after one that was broken off, and over a service that does not run. The machine is a folder, and its systemctl says what it was asked. */
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runProgram } from '../../server/src/env/runProgram.ts'
import { root } from './machineBase.ts'

const BOOTED = 'if [ -z "$root" ] && [ -d /run/systemd/system ]; then booted=1; fi\n'
/** Stands for the gateway: writes the settings last, and is broken off with install.sh when it is told to. */
const MAIN = `const fs = require('fs')
const [, , word] = process.argv
const conf = process.argv.at(-1) + '/etc/supermon-live'
fs.appendFileSync(process.env.ASKED, 'supermon-live ' + word + '\\n')
if (process.env.BREAKS === word + ' before') process.kill(process.ppid, 'SIGHUP')
else if (word === 'setup') { fs.mkdirSync(conf, { recursive: true }); fs.writeFileSync(conf + '/supermon-live.conf', 'config = /x\\n') }
if (word === 'web' && process.argv.includes('--remove')) fs.rmSync(conf + '/web.conf', { force: true })
if (process.env.BREAKS === word) process.kill(process.ppid, 'SIGHUP')
`
const SYSTEMCTL = `#!/bin/sh
echo "systemctl $*" >>"$ASKED"
[ "$1" != "$BREAKS" ] || kill -HUP "$PPID"
case "$1" in
is-active) [ "$STATE" = active ] ;;
is-enabled) [ "$STATE" != disabled ] ;;
restart) [ -z "$STAYS_DOWN" ] ;;
esac
`

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  const script = await readFile(join(root, 'deploy/install.sh'), 'utf8')
  expect(script).toContain(BOOTED)
  await put('tree/install.sh', script.replace(BOOTED, 'booted=1\n'))
  await put('tree/usr/lib/supermon-live/main.js', MAIN)
  for (const path of ['share/man/man1/supermon-live.1.gz', 'share/doc/supermon-live/README.md']) await put(`tree/usr/${path}`, 'text\n')
  await cp(join(root, 'deploy/bin'), join(folder, 'tree/usr/bin'), { recursive: true })
  await cp(join(root, 'deploy/systemd'), join(folder, 'tree/usr/lib/systemd/system'), { recursive: true })
  await put('image/etc/passwd', 'supermon-live:x:990:990::/var/lib/supermon-live:/usr/sbin/nologin\n')
  await put('bin/systemctl', SYSTEMCTL)
  await chmod(join(folder, 'bin/systemctl'), 0o755)
})
afterEach(() => rm(folder, { recursive: true }))

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), text)
}

async function install(env: Readonly<Record<string, string>> = {}, words: readonly string[] = []) {
  const asked = join(folder, 'asked')
  await writeFile(asked, '')
  const path = `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`
  const { code, stdout, stderr } = await runProgram('sh', [join(folder, 'tree/install.sh'), '--root', join(folder, 'image'), ...words], { env: { ...process.env, PATH: path, ASKED: asked, STATE: 'active', ...env } })
  const lines = (await readFile(asked, 'utf8')).trim().split('\n').filter((line) => !/ is-(?:active|enabled) |systemctl cat /.test(line))
  return { code, out: stdout + stderr, asked: lines.map((line) => line.replace(' --quiet', '').replace(' supermon-live.service', '')) }
}

const newVersion = () => put('tree/usr/lib/supermon-live/main.js', `${MAIN}// ${Math.random()}\n`)
const FIRST = ['systemctl daemon-reload', 'supermon-live setup', 'systemctl enable', 'systemctl start']
const isRoot = process.getuid?.() === 0

describe.skipIf(!isRoot)('install.sh (only root may install)', () => {
  it('that was broken off, before or after the settings were written, is finished by the next run', async () => {
    for (const breaks of ['setup before', 'setup']) {
      expect((await install({ BREAKS: breaks })).asked).toEqual(FIRST.slice(0, 2))
      expect(await install()).toEqual({ code: 0, asked: FIRST, out: 'Goes on with what was broken off.\n' })
      expect(await install()).toEqual({ code: 0, asked: [], out: 'All files are as they should be.\n' })
      for (const path of ['etc/supermon-live', 'etc/systemd', 'usr']) await rm(join(folder, 'image', path), { recursive: true })
    }
  })

  it('that was broken off over settings of an earlier time is finished as well', async () => {
    await put('image/etc/supermon-live/supermon-live.conf', 'config = /x\n')
    await install({ BREAKS: 'setup' })
    expect((await install()).asked).toEqual(FIRST)
  })

  it('has the new version run also where the update was broken off before the restart, or the service failed', async () => {
    await install()
    await put('image/etc/supermon-live/web.conf', 'server = apache\n')
    const UPDATE = ['systemctl daemon-reload', 'supermon-live web', 'systemctl restart']
    await newVersion()
    expect((await install({ BREAKS: 'web' })).asked).toEqual(UPDATE.slice(0, 2))
    expect(await install()).toEqual({ code: 0, asked: UPDATE, out: 'Goes on with what was broken off.\n' })
    await newVersion()
    expect((await install({ STATE: 'failed' })).asked).toEqual(UPDATE)
    // One that does not come up is tried again.
    await newVersion()
    expect(await install({ STAYS_DOWN: '1' })).toMatchObject({ code: 1, asked: UPDATE })
    expect((await install({ STATE: 'failed' })).asked).toEqual(UPDATE)
    expect((await install()).asked).toEqual(['supermon-live web'])
  })

  it('starts no service that is disabled and stopped', async () => {
    await install()
    await newVersion()
    expect((await install({ STATE: 'disabled' })).asked).toEqual(['systemctl daemon-reload'])
  })

  it('--uninstall beside a package has the gateway run from the package also where it was broken off before the restart, or that failed', async () => {
    await install()
    await put('image/var/lib/dpkg/info/supermon-live.list', '/usr/bin/supermon-live\n')
    const RESTART = ['systemctl daemon-reload', 'systemctl restart']
    expect((await install({ BREAKS: 'daemon-reload' }, ['--uninstall'])).asked).toEqual(RESTART.slice(0, 1))
    // It fell over the programs that are gone.
    expect(await install({ STATE: 'failed', STAYS_DOWN: '1' }, ['--uninstall'])).toMatchObject({ code: 1, asked: RESTART })
    expect(await install({ STATE: 'failed' }, ['--uninstall'])).toMatchObject({ code: 0, asked: RESTART })
    expect(await install({}, ['--uninstall'])).toMatchObject({ code: 0, asked: [], out: expect.stringMatching(/^Nothing below/) as string })
  })

  it('sets up and starts again what --uninstall stopped and, broken off, left the files of', async () => {
    await install()
    // In front of what else goes.
    await put('image/etc/systemd/system/multi-user.target.wants/supermon-live.service', '')
    await put('bin/rm', '#!/bin/sh\ncase "$*" in *.wants/*) kill -HUP "$PPID" ;; *) exec /bin/rm "$@" ;; esac\n')
    await chmod(join(folder, 'bin/rm'), 0o755)
    expect((await install({}, ['--uninstall'])).asked).toEqual(['systemctl disable --now'])
    expect(await install({ STATE: 'disabled' })).toMatchObject({ code: 0, asked: FIRST })
    await rm(join(folder, 'bin/rm'))
    expect(await install({}, ['--uninstall'])).toMatchObject({ code: 0, asked: ['systemctl disable --now', 'systemctl daemon-reload'] })
    expect(await install()).toMatchObject({ code: 0, asked: FIRST, out: expect.not.stringContaining('Goes on') as string })
  })

  it.each(['web', 'disable'])('sets up and starts again what --uninstall left half way, broken off in %s, with the web server told as before', async (breaks) => {
    await install()
    await put('image/etc/supermon-live/web.conf', 'server = apache\n')
    await install({ BREAKS: breaks }, ['--uninstall'])
    expect(await install({ STATE: 'disabled' })).toMatchObject({ code: 0, asked: FIRST })
    expect(await readFile(join(folder, 'image/etc/supermon-live/web.conf'), 'utf8')).toBe('server = apache\n')
    expect(await readdir(join(folder, 'image/etc/supermon-live'))).toEqual(['supermon-live.conf', 'web.conf'])
  })

  it('goes by what the web server was told last, where --uninstall, broken off, left what it was told before, or a part of that', async () => {
    const told = (name: string) => join(folder, `image/etc/supermon-live/${name}`)
    await install()
    for (const kept of ['server = apache\n', '']) {
      await put('image/etc/supermon-live/web.conf', 'server = nginx\n')
      await writeFile(told('web.conf.kept'), kept)
      expect((await install()).asked).toEqual(['supermon-live web'])
      expect(await readFile(told('web.conf'), 'utf8')).toBe('server = nginx\n')
      expect(await readdir(told('.'))).toEqual(['supermon-live.conf', 'web.conf'])
    }
  })

  it('lets the service read what it makes, whatever the mask of whoever runs it', async () => {
    const { code } = await runProgram('sh', ['-c', `umask 077; exec sh ${folder}/tree/install.sh --root ${folder}/image --prefix /opt/sm`], { env: { ...process.env, PATH: `${folder}/bin:${process.env['PATH'] ?? ''}`, ASKED: join(folder, 'asked') } })
    expect(code).toBe(0)
    const { stdout } = await runProgram('find', [join(folder, 'image/opt'), '!', '-perm', '-go=rX'])
    expect(stdout).toBe('')
  })
})

describe('install.sh writes no command that the shell or systemd would read otherwise', () => {
  it.each(['/opt/Supermon Live', '/opt/R&D', '/opt/100%', '/opt/a#b', '/opt/$HOME', "/opt/it's"])('below %s', async (prefix) => {
    const { code, out } = await install({}, ['--prefix', prefix, '--dry-run'])
    expect([code, out]).toEqual([1, `install.sh: --prefix ${prefix} cannot stand in a unit and a command as it is; give one of letters, digits and . _ - @ +\n`])
  })

  it('with a Node.js in such a folder', async () => {
    const odd = join(folder, 'R&D')
    await put('R&D/node', '#!/bin/sh\nexit 0\n')
    await chmod(join(odd, 'node'), 0o755)
    // Without --root it is about this machine: a dry run changes nothing there.
    const { code, stderr } = await runProgram('sh', [join(folder, 'tree/install.sh'), '--dry-run'], { env: { ...process.env, PATH: `${odd}:${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, ASKED: join(folder, 'asked') } })
    expect([code, stderr]).toEqual([1, `install.sh: Node.js is in ${odd}/node, which cannot stand in a command as it is; install it below a path of letters, digits and . _ - @ +\n`])
  })
})
