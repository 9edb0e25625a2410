import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readAsteriskConf } from '../../src/setup/asteriskConf.ts'
import { chooseUser, isMorePowerful, managerOf, suffices } from '../../src/setup/managerConf.ts'
import type { Manager } from '../../src/setup/managerConf.ts'
import { Place } from '../../src/setup/place.ts'

const parse = async (text: string): Promise<Manager> =>
  managerOf((await readAsteriskConf('manager.conf', { find: (name) => Promise.resolve(name === 'manager.conf' ? [name] : []), read: () => Promise.resolve(text) }))!)
const fixture = async (folder: string): Promise<Manager> => {
  const place = new Place(join(import.meta.dirname, '../fixtures/asterisk', folder))
  return managerOf((await readAsteriskConf('manager.conf', { find: (name) => place.find(`/${name}`), read: async (path) => (await place.textOf(path))! }))!)
}
const including = async (files: Readonly<Record<string, string>>): Promise<Manager> =>
  managerOf((await readAsteriskConf('manager.conf', { find: (name) => Promise.resolve(name in files ? [name] : []), read: (path) => Promise.resolve(files[path] ?? '') }))!)
const user = async (lines: string, general = '') => (await parse(`[general]\nenabled = yes\n${general}\n[u]\nsecret = s\n${lines}\n`)).users[0]!

describe('where AMI answers', () => {
  it.each([
    ['', '127.0.0.1', 5038], ['bindaddr = 0.0.0.0\nport = 5039', '127.0.0.1', 5039], ['bindaddr = 192.0.2.7', '192.0.2.7', 5038],
    ['bindaddr = ::', '127.0.0.1', 5038], ['bindaddr = [::1]\nport = x', '::1', 5038], ['bindaddr = 127.0.0.1 ; this machine', '127.0.0.1', 5038],
  ])('%j: %s %d', async (general, host, port) => {
    expect(await parse(`[general]\n${general}\n`)).toMatchObject({ host, port })
  })

  it('is said by [general], also behind an include that has users', async () => {
    const files = { 'manager.conf': '[general]\nenabled = yes\n#include "users.conf"\nport = 5039\nbindaddr = 192.0.2.7\n[general]\nport = 1\n', 'users.conf': '[watch]\nread = call\n' }
    expect(await including(files)).toMatchObject({ enabled: true, host: '192.0.2.7', port: 5039, users: [{ name: 'watch' }] })
  })

  it('is nowhere unless it is switched on', async () => {
    expect((await parse('[general]\nenabled = yes')).enabled).toBe(true)
    expect((await parse('[general]\nenabled = no')).enabled).toBe(false)
    expect((await parse('[admin]\nsecret = s')).enabled).toBe(false)
  })
})

describe('a user', () => {
  it.each([
    ['', true],
    ['deny = 0.0.0.0/0.0.0.0', false],
    ['deny = 0.0.0.0/0.0.0.0\npermit = 127.0.0.1/255.255.255.255', true],
    ['permit = 127.0.0.1/255.255.255.255\ndeny = 0.0.0.0/0.0.0.0', false],
    ['deny = 0.0.0.0/0\npermit = 10.0.0.0/8,127.0.0.0/8', true],
    ['deny = 0.0.0.0/0\npermit = 192.0.2.0/255.255.255.0', false],
    ['permit = 0.0.0.0/0.0.0.0\npermit = !127.0.0.1', false],
    ['deny = 127.0.0.0/255.0.0', true],
    ['acl = club', false],
  ])('with %j is let in from here: %s', async (lines, here) => {
    expect((await user(lines)).here).toBe(here)
  })

  it('is judged at the address where AMI answers', async () => {
    const rule = 'deny = 0.0.0.0/0.0.0.0\npermit = 127.0.0.1/255.255.255.255'
    expect((await user(rule, 'bindaddr = 192.0.2.7')).here).toBe(false)
    expect((await user('deny = ::/0\npermit = ::1/128', 'bindaddr = ::1')).here).toBe(true)
    expect((await user('deny = ::/0', 'bindaddr = ::1')).here).toBe(false)
  })

  it('keeps its secret where an included file has users of its own', async () => {
    const files = { 'manager.conf': '[general]\n[admin]\nread = all\n#tryinclude others.conf\nsecret = of-admin\n', 'others.conf': '[guest]\nsecret = of-guest\n' }
    const { users, warnings } = await including(files)
    expect(users.map(({ name, secret }) => [name, secret.reveal()])).toEqual([['admin', 'of-admin'], ['guest', 'of-guest']])
    expect(warnings).toEqual([])
  })

  it('suffices with call events, and for commands with that right besides; without a secret never', async () => {
    expect(suffices(await user('read = system,call'), false)).toBe(true)
    expect(suffices(await user('read = all\nwrite = system'), true)).toBe(false)
    expect(suffices(await user('read = call\nwrite = all'), true)).toBe(true)
    expect(suffices(await user('read = system'), false)).toBe(false)
    expect(suffices(await user('read = all\nsecret ='), false)).toBe(false)
  })

  it('is more powerful than needed with any other right', async () => {
    expect(isMorePowerful(await user('read = call\nwrite ='), false)).toBe(false)
    expect(isMorePowerful(await user('read = call\nwrite = command'), false)).toBe(true)
    expect(isMorePowerful(await user('read = call\nwrite = command'), true)).toBe(false)
    expect(isMorePowerful(await user('read = call,system'), false)).toBe(true)
  })
})

describe('a user that stands there twice', () => {
  const twice = (first: string, second: string) => including({ 'manager.conf': `[general]\n[admin]\n${first}\n#include custom.conf\n`, 'custom.conf': `[Admin]\n${second}\n` })

  it('is one, with what is said last, and a warning', async () => {
    const { users, warnings } = await twice('secret = llcgi\nread = all\nwrite = all', 'secret = mine\nread = call')
    expect(users.map(({ name, secret, read, write }) => [name, secret.reveal(), [...read], [...write]])).toEqual([['admin', 'mine', ['call'], ['all']]])
    expect(warnings).toEqual(['custom.conf:1: "Admin" is already there further up, and which of the two counts depends on the version of Asterisk; remove one of them'])
  })

  it('lets in whom its later section lets in', async () => {
    const isHere = async (first: string, second: string) => (await twice(first, second)).users[0]?.here
    expect(await isHere('deny = 0.0.0.0/0', 'secret = s')).toBe(true)
    expect(await isHere('acl = club', 'permit = 127.0.0.1')).toBe(true)
    expect(await isHere('permit = 127.0.0.1', 'deny = 0.0.0.0/0')).toBe(false)
  })
})

describe('the user to sign in with', () => {
  const choose = async (text: string, control = false) => chooseUser(await parse(text), control)?.name ?? null
  const ADMIN = '[admin]\nsecret = a\nread = all\nwrite = all\n'

  it('is the one that may do least', async () => {
    expect(await choose(`${ADMIN}[b]\nsecret = b\nread = call,system,log\n[c]\nsecret = c\nread = call\nwrite = command\n`)).toBe('b')
    expect(await choose(`${ADMIN}[b]\nsecret = b\nread = call,system,log\n[c]\nsecret = c\nread = call\nwrite = command\n`, true)).toBe('c')
  })

  it('is our own wherever it suffices, however little others may do', async () => {
    const own = '[supermon-live]\nsecret = o\nread = call,system\n'
    expect(await choose(`[b]\nsecret = b\nread = call\n${own}`)).toBe('supermon-live')
    expect(await choose(`${ADMIN}${own}`, true)).toBe('admin')
  })

  it('is never a template, nor one that is shut out here', async () => {
    expect(await choose('[t](!)\nsecret = t\nread = all\n[x](t)\ndeny = 127.0.0.1\n')).toBeNull()
  })

  it('is found in the shapes of ASL3 and HamVOIP', async () => {
    const asl3 = await fixture('asl3')
    expect([asl3.enabled, chooseUser(asl3, false)?.name, chooseUser(asl3, false)?.secret.reveal()]).toEqual([true, 'admin', 'made-up-asl3;secret'])
    expect(chooseUser(await fixture('hamvoip'), true)?.name).toBe('supermon')
  })
})
