/** The header's texts and picture follow their files, on a clock that the test moves. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { NO_FACTS } from '../../src/site/globalInc.ts'
import { SiteWatch } from '../../src/site/siteWatch.ts'
import { ManualClock } from '../support/manualClock.ts'
import { until } from '../support/running.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const PNG = Buffer.from('\x89PNG\r\n\x1a\n picture', 'latin1')

async function scene(named = true) {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  ends.push(() => rm(folder, { recursive: true }))
  const warnings: string[] = []
  const site = new SiteWatch({ path: join(folder, 'global.inc'), named, warn: (message) => { warnings.push(message) } })
  const write = (name: string, content: string | Uint8Array) => writeFile(join(folder, name), content)
  const logo = (name: string) => write('global.inc', `<?php $LOGO_NAME = "${name}";`)
  return { folder, site, warnings, write, logo }
}

it('follows the file within two looks, keeps the last good one, and forgets one that is gone', async () => {
  const { folder, site, warnings, write } = await scene()
  await write('global.inc', '<?php $CALL = "W5GLE";')
  await site.refresh()
  const clock = new ManualClock()
  ends.push(site.watch(clock))
  /** One look, done. */
  const look = async () => {
    clock.advance(5_000)
    await until(() => clock.pending === 1, 'the look is over')
  }
  await write('global.inc', '<?php $CALL = "WB6NIL";')
  await look()
  expect(site.facts.callsign).toBe('W5GLE')
  await look()
  expect(site.facts.callsign).toBe('WB6NIL')
  await write('global.inc', '<?php $CALL = "')
  await look()
  await look()
  await look()
  expect(site.facts.callsign).toBe('WB6NIL')
  expect(warnings.filter((line) => line.includes('the file is broken'))).toHaveLength(1)
  await rm(join(folder, 'global.inc'))
  await look()
  await look()
  expect(site.facts).toEqual(NO_FACTS)
  expect(warnings.at(-1)).toContain('there is no such file; check --site')
})

it('says nothing of a file that nobody named and nobody has', async () => {
  const { site, warnings } = await scene(false)
  await site.refresh()
  expect([site.facts, site.logo, warnings]).toEqual([NO_FACTS, null, []])
})

it('has the picture that the file names, and another one once that changes', async () => {
  const { site, warnings, write, logo } = await scene()
  await logo('club.png')
  await write('club.png', PNG)
  await site.refresh()
  const first = site.logo
  expect(first).toMatchObject({ type: 'image/png', bytes: new Uint8Array(PNG) })
  await site.refresh()
  expect(site.logo).toBe(first)
  await write('club.png', Buffer.concat([PNG, Buffer.from('x')]))
  await site.refresh()
  expect(site.logo?.version).not.toBe(first?.version)
  await write('global.inc', '<?php $CALL = "W5GLE";')
  await site.refresh()
  expect([site.logo, warnings]).toEqual([null, []])
})

it.each([
  ['jpeg', '\xff\xd8\xff\xe0'], ['gif', 'GIF89a'], ['webp', 'RIFF\x01\x02\x03\x04WEBPVP8 '],
])('knows a picture of type %s by its first bytes', async (type, head) => {
  const { site, write, logo } = await scene()
  await logo('picture')
  await write('picture', Buffer.from(head, 'latin1'))
  await site.refresh()
  expect(site.logo?.type).toBe(`image/${type}`)
})

it('serves nothing that is no picture, whatever its name, and says so once', async () => {
  const { folder, site, warnings, write, logo } = await scene()
  const cases: [name: string, reason: string, make: () => Promise<unknown>][] = [
    ['svg.png', 'is not a PNG', () => write('svg.png', '<svg onload="alert(1)"/>')],
    ['html.png', 'is not a PNG', () => write('html.png', '<html>')],
    ['empty.png', 'is not a PNG', () => write('empty.png', '')],
    ['users.png', 'is not a PNG', async () => { await write('.htpasswd', 'W5GLE:x'); await symlink(join(folder, '.htpasswd'), join(folder, 'users.png')) }],
    ['folder.png', 'is not a file', () => mkdir(join(folder, 'folder.png'))],
    ['big.png', 'is larger than 1 MB', () => write('big.png', Buffer.concat([PNG, Buffer.alloc(1024 * 1024)]))],
    ['none.png', 'is not there', () => Promise.resolve()],
  ]
  for (const [name, reason, make] of cases) {
    await make()
    await logo(name)
    await site.refresh()
    await site.refresh()
    expect(site.logo, name).toBeNull()
    expect(warnings.at(-1), name).toContain(reason)
  }
  expect(warnings).toHaveLength(cases.length)
})
