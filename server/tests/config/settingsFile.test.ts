import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parseOptions } from '../../src/config/options.ts'
import { UsageError } from '../../src/config/optionValues.ts'
import { parseSettings, withSettings } from '../../src/config/settingsFile.ts'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  file = join(folder, 'supermon-live.conf')
})
afterEach(() => rm(folder, { recursive: true }))

it('stands in for variables that are not set; arguments and the environment win', async () => {
  await writeFile(file, '# our node\n; as it is\n\nconfig = /etc/allmon.ini\r\nport=8200\nbase = /live\norigins =\nauth = supermon=http://127.0.0.1:8000\n')
  const { env, sourceOf } = await withSettings({ SUPERMON_LIVE_SETTINGS: file, SUPERMON_LIVE_PORT: '8300', SUPERMON_LIVE_BASE: '  ' })
  expect(parseOptions(['--base', '/x'], env, [], sourceOf)).toMatchObject({ config: '/etc/allmon.ini', port: 8300, base: '/x', origins: [], supermon: 'http://127.0.0.1:8000' })
  expect(parseOptions([], env, [], sourceOf)).toMatchObject({ base: '/live' })
})

it('says file, line and name where a value is wrong', async () => {
  await writeFile(file, 'config = a\nport = radio\n')
  const { env, sourceOf } = await withSettings({ SUPERMON_LIVE_SETTINGS: file })
  expect(() => parseOptions([], env, [], sourceOf)).toThrow(`${file}:2: port "radio" is not a port; give a number`)
})

it('refuses a name that there is not, one that stands there twice, and a line that is no setting, without showing the line', () => {
  const parse = (text: string) => () => parseSettings(text, 'f', ['port', 'host'])
  expect(parse('\nprot = 1')).toThrow(new UsageError('f:2: there is no setting "prot"; those there are: port, host'))
  expect(parse('port = 1\nport = 2')).toThrow(new UsageError('f:2: port stands in line 1 already; remove one of them'))
  expect(parse('not-to-be-seen')).toThrow(new UsageError('f:1: this is no setting; write name = value, or # in front of a remark'))
})

it('is optional, and one that cannot be read is an error that says so', async () => {
  expect((await withSettings({ SUPERMON_LIVE_SETTINGS: join(folder, 'none'), SUPERMON_LIVE_PORT: '1' })).env['SUPERMON_LIVE_PORT']).toBe('1')
  expect((await withSettings({ A: 'b' })).env).toEqual({ A: 'b' })
  await expect(withSettings({ SUPERMON_LIVE_SETTINGS: folder })).rejects.toThrow(`${folder} cannot be read (EISDIR); check the file and the disk`)
})
