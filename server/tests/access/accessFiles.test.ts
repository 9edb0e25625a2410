/** The files that the gateway's own accounts come from: missing, broken, changed, and looked at while somebody writes them. */
import { stat, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AccessChange } from '../../src/access/authority.ts'
import { readText } from '../../src/access/readText.ts'
import { AccessStage, HASH, nodesFor, signIn, USERS } from '../support/accessStage.ts'

let stage: AccessStage
beforeEach(async () => {
  stage = await AccessStage.open()
})
afterEach(() => stage.close())

describe('missing files', () => {
  it('let nobody sign in, and say so once', async () => {
    await stage.remove('.htpasswd')
    const access = await stage.access()
    expect(await access.login('ann', 'password', '192.0.2.1')).toEqual({ ok: false, code: 'bad-credentials' })
    const { warnings, news } = await access.reload()
    expect(warnings).toContainEqual(expect.stringMatching(/\.htpasswd: there is no such file; nobody can sign in/))
    expect(news).toEqual([])
  })

  it('let nobody control anything', async () => {
    await stage.remove('authusers.inc')
    const access = await stage.access()
    const { who } = await signIn(access, 'ann')
    expect(who.permissions.size).toBe(0)
    // Whoever has no Supermon-NG has none to copy.
    expect((await access.reload()).warnings).toContainEqual(expect.stringMatching(/authusers\.inc: there is no such file; nobody may control a node: docs\/configuration\.md \(Accounts\) shows one$/))
    expect(access.canControl(who, '2001', 'connect')).toBe(false)
    expect(access.canWatch(who, '2001')).toBe(true)
  })

  it('take rights away when they vanish, and give none', async () => {
    const access = await stage.access()
    const { who } = await signIn(access, 'ann')
    await stage.remove('authini.inc')
    stage.inis.delete('ann.ini')
    await access.reload()
    expect(nodesFor(access, 'ann')).toEqual(['2001', '2002'])
    expect(access.canControl(who, '2001', 'connect')).toBe(true)
    await stage.remove('authusers.inc')
    await access.reload()
    expect(access.canControl(who, '2001', 'connect')).toBe(false)
  })

  it('of nolog.ini at run time does not widen what users see', async () => {
    stage.inis.set('nolog.ini', ['2009'])
    const access = await stage.access()
    stage.inis.delete('nolog.ini')
    const { warnings } = await access.reload()
    expect(nodesFor(access, 'bob')).toEqual(['2009'])
    expect(warnings.join()).toMatch(/nolog\.ini: .*until then the nodes it named before count/)
  })
})

describe('reloading', () => {
  it('takes up changes, and tells the viewers only of changes', async () => {
    const access = await stage.access()
    const { who } = await signIn(access, 'bob')
    const changes: AccessChange[] = []
    const off = access.onChange((change) => changes.push(change))
    expect((await access.reload()).changed).toBe(false)
    expect(changes).toEqual([])
    await stage.put('authusers.inc', '<?php $DTMFUSER = array("bob");')
    expect((await access.reload()).changed).toBe(true)
    expect(changes).toEqual([{ kind: 'rights' }])
    expect(access.canControl(who, '2000', 'connect')).toBe(false)
    expect(access.canControl(who, '2000', 'dtmf')).toBe(true)
    off()
    stage.inis.set('allmon.ini', ['2000'])
    await access.reload()
    expect(changes).toHaveLength(1)
    expect(access.canWatch(who, '2001')).toBe(false)
  })

  it.each([
    ['authusers.inc', '<?php $CONNECTUSER = array("bob", "a'],
    ['authini.inc', "<?php if ($x) { $ININAME['ann'] = 'allmon.ini'; }"],
    ['.htpasswd', '<html>'],
  ])('keeps what %s said when the new content is broken, and warns', async (name, text) => {
    const access = await stage.access()
    const { who } = await signIn(access, 'ann')
    await stage.put(name, text)
    const { changed, news } = await access.reload()
    expect(changed).toBe(false)
    expect(news).toContainEqual(expect.stringMatching(/the file is broken; correct it; until then what it said before/))
    expect(access.canControl(who, '2001', 'connect')).toBe(true)
    expect(access.canControl(who, '2000', 'connect')).toBe(false)
  })

  it.each([
    ['authusers.inc', '<?php $CONNECTUSER = array("ann", "a'],
    ['authini.inc', "<?php if ($x) { $ININAME['ann'] = 'allmon.ini'; }"],
  ])('with %s broken from the start grants nothing', async (name, text) => {
    await stage.put(name, text)
    const access = await stage.access()
    const { who } = await signIn(access, 'ann')
    for (const node of ['2000', '2001', '2002']) expect(access.canControl(who, node, 'connect')).toBe(false)
  })

  it('keeps the nodes of a broken ini file', async () => {
    const access = await stage.access()
    stage.inis.set('ann.ini', new Error('passwd=hunter2'))
    const { changed, news } = await access.reload()
    expect(changed).toBe(false)
    expect(nodesFor(access, 'ann')).toEqual(['2001', '2002'])
    expect(news.join()).toMatch(/ann\.ini: it cannot be read/)
    expect(news.join()).not.toContain('hunter2')
  })

  it('shares one reading among calls that overlap', async () => {
    let reads = 0
    const access = await stage.access({
      read: (path, known) => {
        reads += 1
        return readText(path, known)
      },
    })
    await Promise.all([access.reload(), access.reload(), access.reload()])
    expect(reads).toBe(6)
  })
})

describe('looking at files that somebody writes', () => {
  it.each(['', `bob:${HASH}\n`, null])('signs nobody out over a .htpasswd that holds %j for a moment', async (half) => {
    const access = await stage.access()
    const { who } = await signIn(access, 'ann')
    const changes: AccessChange[] = []
    access.onChange((change) => changes.push(change))
    if (half === null) await stage.remove('.htpasswd')
    else await stage.put('.htpasswd', half)
    expect((await access.look()).changed).toBe(false)
    expect(access.userOf(who)).toBe('ann')
    await stage.put('.htpasswd', `${USERS}dan:${HASH}\n`)
    expect((await access.look()).changed).toBe(false)
    expect((await access.look()).changed).toBe(true)
    expect(access.userOf(who)).toBe('ann')
    expect(changes).toHaveLength(1)
    expect(await access.login('dan', 'password', '192.0.2.1')).toMatchObject({ ok: true })
  })

  it('takes over what stays, also when it is nothing', async () => {
    const access = await stage.access()
    const { who } = await signIn(access, 'ann')
    await stage.put('.htpasswd', '')
    await access.look()
    expect((await access.look()).changed).toBe(true)
    expect(access.userOf(who)).toBeNull()
    expect((await access.look()).changed).toBe(false)
  })

  it('keeps to the nodes of an ini file until two looks agree on others', async () => {
    const access = await stage.access()
    stage.inis.set('ann.ini', ['2001'])
    await access.look()
    stage.inis.set('ann.ini', ['2001', '2003'])
    await access.look()
    expect(nodesFor(access, 'ann')).toEqual(['2001', '2002'])
    await access.look()
    expect(nodesFor(access, 'ann')).toEqual(['2001', '2003'])
  })

  it('reads at once when asked to, also while it looks', async () => {
    const access = await stage.access()
    await stage.put('authusers.inc', '<?php $DTMFUSER = array("bob");')
    const [looked, read] = await Promise.all([access.look(), access.reload()])
    expect([looked.changed, read.changed]).toEqual([false, true])
  })
})

describe('reading a file', () => {
  it('reads it once per change', async () => {
    const path = stage.path('.htpasswd')
    const first = await readText(path, null)
    if (first.kind !== 'text') throw new Error(first.kind)
    expect(first.text).toBe(USERS)
    expect(await readText(path, first.stamp)).toEqual({ kind: 'same' })
    await writeFile(path, USERS.replace('ann', 'eva'))
    expect((await stat(path)).size).toBe(USERS.length)
    expect(await readText(path, first.stamp)).toMatchObject({ kind: 'text' })
  })

  it('tells missing from unreadable', async () => {
    expect(await readText(stage.path('none'), null)).toEqual({ kind: 'missing' })
    expect(await readText(stage.path('.htpasswd/none'), null)).toEqual({ kind: 'missing' })
    expect(await readText(stage.folder, null)).toMatchObject({ kind: 'unreadable' })
    await writeFile(stage.path('large'), Buffer.alloc(1024 * 1024 + 1))
    expect(await readText(stage.path('large'), null)).toMatchObject({ kind: 'unreadable', reason: /larger/ })
  })
})
