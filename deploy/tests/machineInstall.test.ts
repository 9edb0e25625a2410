/** install.sh on a machine that knows nothing of Debian's packages of ours. */
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bootMachine } from './machine.ts'
import type { Machine } from './machine.ts'
import { suite } from './machineBase.ts'
import { NODES, plantNode, SECRET } from './machineNode.ts'
import { buildPackage, difference, inventory, NEXT } from './machinePackage.ts'

const VERSION = '1.0.0'
const INSTALL = (version: string) => `sh /root/supermon-live-${version}/install.sh`
const KEPT = /\/etc\/supermon-live(\/|$)/

let machine: Machine
let bare: string[]
const folders: string[] = []

beforeAll(async () => {
  machine = await bootMachine(suite())
  await plantNode(machine)
  for (const version of [VERSION, NEXT]) {
    const { folder, tar } = await buildPackage(version)
    folders.push(folder)
    await machine.copyIn(tar, `/root/${version}.tar.gz`)
    await machine.must(`cd /root && tar xzf ${version}.tar.gz`)
  }
  bare = await inventory(machine)
})
afterAll(async () => {
  await machine?.close()
  for (const folder of folders) await rm(folder, { recursive: true })
})

const row = () => machine.must(`node /opt/probe/main.js ws://127.0.0.1/supermon-live/ws/${NODES[0]} 0`)
const property = (name: string) => machine.must(`systemctl show -P ${name} supermon-live`)
/** Links to modules that Apache was asked to load stay: others may rely on them by now. */
const ours = (lines: readonly string[]) => lines.filter((line) => !line.includes('/etc/apache2/mods-enabled/'))

it('a dry run tells its steps and changes nothing', async () => {
  const said = await machine.must(`${INSTALL(VERSION)} --dry-run 2>&1`)
  expect(said).toContain('writes /usr/local/lib/supermon-live')
  expect(said).toContain('would run: supermon-live setup --yes')
  expect(difference(bare, await inventory(machine))).toEqual([])
})

it('refuses a Node that is missing or too old, and words that it does not know, before it does anything', async () => {
  const wrong = async (line: string) => {
    const { code, stderr } = await machine.run(line)
    return `${code} ${stderr.trim().split('\n')[0] ?? ''}`
  }
  await machine.put('/root/old/node', '#!/bin/sh\n[ "$1" = --version ] && echo v16.20.2\nexit 1\n', 0o755)
  expect(await wrong(`PATH=/root/old:$PATH ${INSTALL(VERSION)}`)).toBe('1 install.sh: Node.js v16.20.2 is too old; install version 18 or later')
  await machine.must('mkdir -p /root/none && for one in sh dirname id; do ln -sf $(command -v $one) /root/none/; done')
  expect(await wrong(`PATH=/root/none ${INSTALL(VERSION)}`)).toBe('1 install.sh: Node.js is not there; install version 18 or later, for all users')
  expect(await wrong(`${INSTALL(VERSION)} --prefx /opt`)).toMatch(/^2 Usage: /)
  expect(await wrong(`${INSTALL(VERSION)} --prefix opt`)).toBe('1 install.sh: --prefix opt is no absolute path; begin it with /')
  expect(difference(bare, await inventory(machine))).toEqual([])
})

it('installs, and a viewer has a live row', async () => {
  const said = await machine.must(`${INSTALL(VERSION)} 2>&1`)
  expect(said).not.toContain(SECRET)
  await row()
  expect([await property('ActiveState'), await machine.must('systemctl is-enabled supermon-live'), await machine.must('supermon-live --version')]).toEqual(['active', 'enabled', VERSION])
  expect(await property('FragmentPath')).toBe('/etc/systemd/system/supermon-live.service')
})

it('run again, it changes nothing and disturbs nobody', async () => {
  const [before, pid] = [await inventory(machine), await property('MainPID')]
  expect(await machine.must(`${INSTALL(VERSION)} 2>&1`)).toContain('All files are as they should be.')
  expect(difference(before, await inventory(machine))).toEqual([])
  expect(await property('MainPID')).toBe(pid)
})

it('a newer version takes its place, configuration untouched', async () => {
  const configuration = async () => (await inventory(machine)).filter((line) => line.includes('/etc/supermon-live'))
  await machine.must("echo '# a remark of mine' >> /etc/supermon-live/supermon-live.conf && touch /usr/local/lib/supermon-live/app/assets/left-over.js")
  const [before, pid] = [await configuration(), await property('MainPID')]
  await machine.must(`${INSTALL(NEXT)} 2>&1`)
  expect(await configuration()).toEqual(before)
  expect(await property('MainPID')).not.toBe(pid)
  expect(await machine.must('supermon-live --version')).toBe(NEXT)
  expect((await machine.run('test -e /usr/local/lib/supermon-live/app/assets/left-over.js')).code).toBe(1)
  await row()
})

it('an update leaves to people what they decided: the page out of the web server, the service disabled and stopped', async () => {
  await machine.must('supermon-live web --remove && systemctl disable --now supermon-live 2>&1')
  expect(await machine.must(`${INSTALL(VERSION)} --dry-run 2>&1`)).not.toMatch(/would run: (?!systemctl daemon-reload)/)
  await machine.must(`${INSTALL(VERSION)} 2>&1`)
  expect([await machine.must('supermon-live --version'), await property('ActiveState'), (await machine.run('systemctl is-enabled supermon-live')).stdout.trim()]).toEqual([VERSION, 'inactive', 'disabled'])
  expect((await machine.run('ls /etc/apache2/conf-enabled/supermon-live.conf /etc/supermon-live/web.conf')).stdout).toBe('')
  await machine.must('supermon-live web apache && systemctl enable --now supermon-live 2>&1')
  await row()
})

it('an update tells the web server what is new in what it was told', async () => {
  const conf = '/etc/apache2/conf-available/supermon-live.conf'
  await machine.must(`rm ${conf}`)
  await machine.must(`${INSTALL(NEXT)} 2>&1`)
  expect(await machine.read(conf)).toContain('/supermon-live/')
  await row()
})

it('taken away in a dry run, all stays; taken away, nothing but configuration does', async () => {
  const before = await inventory(machine)
  expect(await machine.must(`${INSTALL(NEXT)} --uninstall --dry-run 2>&1`)).toContain('removes /usr/local/lib/supermon-live')
  expect(difference(before, await inventory(machine))).toEqual([])
  expect(await property('ActiveState')).toBe('active')
  await machine.must(`${INSTALL(NEXT)} --uninstall 2>&1`)
  const left = ours(difference(bare, await inventory(machine)))
  expect(left.filter((line) => !KEPT.test(line))).toEqual([])
  expect(left.some((line) => line.endsWith('/etc/supermon-live/supermon-live.conf'))).toBe(true)
  expect((await machine.run('systemctl is-active supermon-live')).stdout.trim()).toBe('inactive')
  // Once more, there is nothing left to take away.
  await machine.must(`${INSTALL(NEXT)} --uninstall 2>&1`)
})

it('installed again, it is as it was, web server included', async () => {
  await machine.must(`${INSTALL(NEXT)} 2>&1`)
  await row()
  await machine.must(`${INSTALL(NEXT)} --uninstall 2>&1`)
})

it('fills an image, and touches nothing of the machine that fills it', async () => {
  await machine.must('mkdir /root/image && cd / && cp -a bin sbin lib lib64 etc usr /root/image/ && mkdir -p /root/image/var/lib')
  await machine.must('rm -rf /etc/supermon-live /var/lib/supermon-live /root/image/etc/supermon-live && userdel supermon-live && sed -i /supermon-live/d /root/image/etc/passwd /root/image/etc/group /root/image/etc/shadow /root/image/etc/gshadow')
  const before = await inventory(machine)
  await machine.must(`${INSTALL(VERSION)} --root /root/image --prefix /usr 2>&1`)
  expect(difference(before, await inventory(machine))).toEqual([])
  expect(await machine.must('chroot /root/image supermon-live --version')).toBe(VERSION)
  expect(await machine.must("grep -c '^supermon-live:' /root/image/etc/passwd /root/image/etc/group")).toBe('/root/image/etc/passwd:1\n/root/image/etc/group:1')
  expect(await machine.must('readlink /root/image/etc/systemd/system/multi-user.target.wants/supermon-live.service')).toBe('/etc/systemd/system/supermon-live.service')
  expect(await machine.must("stat -c '%a' /root/image/etc/supermon-live/allmon.ini")).toBe('640')
  expect(await machine.must("grep -h '^config' /root/image/etc/supermon-live/supermon-live.conf")).toBe('config = /etc/supermon-live/allmon.ini')
})

it('leaves a Debian package alone', async () => {
  await machine.put('/var/lib/dpkg/info/supermon-live.list', '/.\n/usr\n/usr/lib/supermon-live/main.js\n')
  expect(await machine.run(INSTALL(VERSION))).toMatchObject({ code: 1, stderr: 'install.sh: the Debian package is installed; remove it first: apt remove supermon-live\n' })
})
