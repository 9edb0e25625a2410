/** A Debian machine on which install.sh was first, and the package comes then: either is refused, or told of, and none takes the other along. */
import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bootMachine, waitFor } from './machine.ts'
import type { Machine } from './machine.ts'
import { suite } from './machineBase.ts'
import { plantNode } from './machineNode.ts'
import { buildPackage, difference, inventory, NEXT } from './machinePackage.ts'

const VERSION = '1.0.0'
const INSTALL = `sh /root/supermon-live-${VERSION}/install.sh`
let machine: Machine
let deb: string
const folders: string[] = []

beforeAll(async () => {
  machine = await bootMachine(suite())
  await plantNode(machine)
  for (const version of [VERSION, NEXT]) {
    const built = await buildPackage(version)
    folders.push(built.folder)
    await machine.copyIn(built.tar, `/root/${version}.tar.gz`)
    await machine.copyIn(built.deb, `/root/${basename(built.deb)}`)
    await machine.must(`cd /root && tar xzf ${version}.tar.gz`)
    deb = `/root/${basename(built.deb)}`
  }
})
afterAll(async () => {
  await machine?.close()
  for (const folder of folders) await rm(folder, { recursive: true })
})

/** dpkg has a terminal of apt's, with ends of lines as terminals want them. */
const apt = async (words: string) => {
  const { code, stdout } = await machine.run(`apt-get install -y ${words} ${deb} 2>&1`)
  return { code, said: stdout.replaceAll('\r', '') }
}
const state = () => machine.run('systemctl is-enabled supermon-live; systemctl is-active supermon-live; systemctl show -P FragmentPath supermon-live').then(({ stdout }) => stdout.trim().split('\n'))
/** `/lib` is a link to `/usr/lib` by now. */
const PACKAGED = ['enabled', 'active', expect.stringMatching(/^(?:\/usr)?\/lib\/systemd\/system\/supermon-live\.service$/) as string]
/** Of the gateway that answers through the web server. */
const runs = () => waitFor('it answers', async () => {
  const { code, stdout } = await machine.run(`node -e "fetch('http://127.0.0.1/supermon-live/healthz').then(async (answer) => console.log((await answer.json()).version))"`)
  return code === 0 ? stdout.trim() : null
})
const doctor = async () => {
  const { findings } = JSON.parse((await machine.run('supermon-live doctor --json')).stdout) as { findings: { id: string; title: string; sentence: string; fix?: string }[] }
  return findings.find(({ title }) => title === 'Service')
}

it('the package is refused while what install.sh put there is in front of it, with what to do, and nothing changes', async () => {
  await machine.must(INSTALL)
  expect(await runs()).toBe(VERSION)
  const before = await inventory(machine)
  const { code, said } = await apt('')
  expect(code).not.toBe(0)
  expect(said).toMatch(/install\.sh was here before\. Its version below \/usr\/local runs in place of the\n.*\n\n {4}sudo sh install\.sh --uninstall\n\n.*\nThen install the package again\. Until then nothing has changed\.\n/)
  expect(difference(before, await inventory(machine))).toEqual([])
  expect((await machine.run("dpkg-query -W -f '${db:Status-Status}' supermon-live; dpkg --audit")).stdout).toBe('not-installed')
  expect([await runs(), (await doctor())?.id]).toEqual([VERSION, 'service'])
})

it('what it says to do is enough: the package then runs, at the same place in the web server', async () => {
  await machine.must(`${INSTALL} --uninstall`)
  expect((await apt('')).code).toBe(0)
  expect([await runs(), await state(), await machine.must('supermon-live --version')]).toEqual([NEXT, PACKAGED, NEXT])
})

it('where both are there, the doctor names it, and an upgrade does too and is done all the same', async () => {
  // As packages did that did not look.
  await machine.must(`mv /var/lib/dpkg/info/supermon-live.list /root/ && ${INSTALL} && mv /root/supermon-live.list /var/lib/dpkg/info/ && systemctl restart supermon-live`)
  expect(await runs()).toBe(VERSION)
  const found = await doctor()
  expect(found).toMatchObject({ id: 'installed-twice', fix: 'sudo sh install.sh --uninstall' })
  expect(found?.sentence).toContain('systemd runs the one below /usr/local, by /etc/systemd/system/supermon-live.service')
  const { code, said } = await apt('--reinstall')
  expect([code, said]).toEqual([0, expect.stringContaining('\n    sudo sh install.sh --uninstall\n')])
  expect(await machine.must('dpkg --audit')).toBe('')
})

it('--uninstall then takes away what is in front, and leaves the package, its service, its state and its place in the web server', async () => {
  const before = await inventory(machine)
  expect(await machine.must(`${INSTALL} --uninstall --dry-run`)).not.toMatch(/web --remove|disable|\/var\/lib\/supermon-live$/m)
  expect(difference(before, await inventory(machine))).toEqual([])
  await machine.must('touch /var/lib/supermon-live/kept')
  expect(await machine.must(`${INSTALL} --uninstall`)).toContain('The Debian package is installed as well.')
  expect([await runs(), await state(), await machine.must('supermon-live --version')]).toEqual([NEXT, PACKAGED, NEXT])
  expect((await doctor())?.id).toBe('service')
  expect(await machine.must('ls /var/lib/supermon-live/kept; readlink /etc/systemd/system/multi-user.target.wants/supermon-live.service; find /usr/local /etc/systemd/system/supermon-live.service -name "supermon-live*" 2>/dev/null || :')).toBe(
    '/var/lib/supermon-live/kept\n/lib/systemd/system/supermon-live.service',
  )
  // Once more, there is nothing to take away: who watches is not sent away for it.
  const pid = await machine.must('systemctl show -p MainPID --value supermon-live')
  expect(await machine.must(`${INSTALL} --uninstall`)).toBe('Nothing below /usr/local is of install.sh. What is installed is the Debian package; to remove that: apt remove supermon-live')
  expect(await machine.must('systemctl show -p MainPID --value supermon-live')).toBe(pid)
  const refused = await machine.run(`${INSTALL} --uninstall --prefix /usr`)
  expect([refused.code, refused.stderr]).toEqual([1, "install.sh: what is below /usr is the Debian package's; to remove that: apt remove supermon-live\n"])
})

it('install.sh is refused while the package is there, and not once it is removed, be it that its settings stay', async () => {
  expect((await machine.run(INSTALL)).stderr).toBe('install.sh: the Debian package is installed; remove it first: apt remove supermon-live\n')
  await machine.must('apt-get remove -y supermon-live 2>&1 && ls /var/lib/dpkg/info/supermon-live.list')
  await machine.must(INSTALL)
  expect(await runs()).toBe(VERSION)
})
