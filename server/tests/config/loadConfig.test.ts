import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ConfigError } from '../../src/config/errors.ts'
import { fileProblem, loadConfig } from '../../src/config/loadConfig.ts'

const sample = fileURLToPath(new URL('../fixtures/config/allmon.sample.ini', import.meta.url))
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function failure(path: string): Promise<ConfigError> {
  const error: unknown = await loadConfig(path).then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ConfigError)) throw new Error('no ConfigError')
  return error
}

it('reads a whole allmon.ini', async () => {
  const config = await loadConfig(sample)
  expect(config.warnings).toEqual([])
  expect(
    config.nodes.map((n) => [n.id, n.host, n.port, n.user, n.secret.reveal(), n.system, n.menu, n.hideNodeURL]),
  ).toEqual([
    ['2000', '127.0.0.1', 5038, 'demo', 'example-not-real', 'Nodes', true, false],
    ['2001', '192.0.2.10', 5038, 'demo', 'p;w with=odd!chars', 'Nodes', true, true],
    ['1998', '127.0.0.1', 5038, 'demo', 'example-not-real', 'Nodes', false, false],
    ['29999', '198.51.100.7', 5039, 'demo', '', 'Remote', true, false],
  ])
  expect(config.nodes[0]).toMatchObject({
    listenlive: 'https://example.org/listen/2000',
    archive: 'https://example.org/archive/2000',
  })
  expect(config.groups).toEqual([
    { name: 'All Nodes', system: 'Display Groups', menu: true, nodes: ['2000', '2001', '1998'] },
  ])
  expect(config.voters).toEqual([{ name: 'Club Voter', system: 'Voters', menu: true, node: '2001' }])
  expect(config.links).toEqual([
    { name: 'lsNodes', system: null, menu: true, url: '/lsnod/2000', newTab: false },
    { name: 'AllStarLink', system: 'Links', menu: true, url: 'https://www.allstarlink.org/', newTab: true },
  ])
  expect(config.defaultNodes).toEqual(['2000', '2001'])
})

it('says so when there is no such file', async () => {
  const path = join(folder, 'none.ini')
  expect(await failure(path)).toMatchObject({
    code: 'not-found',
    line: null,
    message: `${path}: there is no such file; check the path`,
  })
  expect((await failure(join(sample, 'below-a-file'))).code).toBe('not-found')
})

it('says so when it is a folder, a device or far too large', async () => {
  expect((await failure(folder)).code).toBe('not-a-file')
  expect((await failure('/dev/zero')).code).toBe('not-a-file')
  const large = join(folder, 'large.ini')
  await writeFile(large, '')
  await truncate(large, 5_000_000)
  expect((await failure(large)).code).toBe('too-large')
})

it.each([
  ['EACCES', 'not-readable', 'give the user that runs the gateway the right to read it'],
  ['EISDIR', 'not-a-file', 'give the path of an allmon.ini'],
  ['EIO', 'not-readable', 'check the path and the disk'],
])('knows what to do about %s', (code, expected, whatToDo) => {
  // Made by hand: nothing is unreadable to root, who runs tests in containers.
  const error = fileProblem('/etc/allmon.ini', Object.assign(new Error(code), { code }))
  expect(error).toMatchObject({ code: expected, whatToDo, file: '/etc/allmon.ini', line: null })
})

it('gives a ConfigError even for a path that no system takes', async () => {
  expect((await failure('a\0b')).code).toBe('not-readable')
})

it('reads a file that is not UTF-8', async () => {
  const path = join(folder, 'latin1.ini')
  await writeFile(path, Buffer.from('[2000]\nhost=a\nsystem=Caf\u00e9', 'latin1'))
  expect((await loadConfig(path)).nodes[0]?.system).toBe('Café')
})
