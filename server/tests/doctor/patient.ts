/** A machine that is well, and whatever is planted in it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { doctorCommand, textOf } from '../../src/doctor/command.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import type { Tools } from '../../src/doctor/patient.ts'
import type { ProgramEnd, RunProgram } from '../../src/env/runProgram.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { nodeConfig, runApp } from '../support/running.ts'
import { startFront } from './front.ts'
import type { FrontFaults } from './front.ts'

export const NODE = '546051'
const BASE = '/supermon-live'

export interface Plant {
  /** Lines of the settings, in place of those that are well. */
  readonly settings?: (well: string) => string
  readonly allmon?: (well: string) => string
  /** What `web` was told; null = its file is a folder. Default: there is no such file. */
  readonly webConf?: string | null
  /** What programs of the machine answer in place of what is well, by the beginning of the command, with paths as the machine has them. */
  readonly programs?: Readonly<Record<string, Partial<ProgramEnd>>>
  readonly front?: FrontFaults
  readonly tools?: Partial<Tools>
  /** Files of Asterisk's folder, by name. */
  readonly asterisk?: Readonly<Record<string, string>>
  /** Mode of the nodes' file. */
  readonly mode?: number
  /** The gateway does not run. */
  readonly silent?: boolean
  readonly version?: string
  /** There is no file of settings. */
  readonly unset?: boolean
  /** Said with `--url`, of the web server's port. Default: where the dashboard is. */
  readonly url?: (port: number) => string
  /** Folders of the machine. */
  readonly folders?: readonly string[]
}

const WELL: Readonly<Record<string, Partial<ProgramEnd>>> = {
  'systemctl show': { stdout: 'LoadState=loaded\nActiveState=active\nSubState=running\nResult=success\nNRestarts=0\nUnitFileState=enabled\n' },
  'asterisk -rx manager show user admin': { stdout: '       username: admin\n         secret: <Set>\n            ACL: no\n      read perm: call\n     write perm: command\n' },
  'timedatectl show': { stdout: 'NTPSynchronized=yes\n' },
  'getent passwd': { stdout: 'supermon-live:x:999:999::/var/lib/supermon-live:/usr/sbin/nologin\n' },
  'id -G': { stdout: '999\n' },
  'setpriv ': {},
}

export interface Examined {
  readonly code: number
  readonly text: string
  readonly findings: readonly Finding[]
  /** Ids of what is wrong. */
  readonly wrong: readonly string[]
  readonly ran: readonly string[]
}

/** @param closers what must be closed afterwards, in the other order */
export async function examine(closers: (() => unknown)[], plant: Plant = {}, asterisk?: FakeAsterisk): Promise<Examined> {
  const root = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  closers.push(() => rm(root, { recursive: true, force: true }))
  const fake = asterisk ?? (await startFakeAsterisk({ nodes: [NODE], links: 1 }))
  if (asterisk === undefined) closers.push(() => fake.close())
  const app = await runApp([nodeConfig(NODE, fake.port)], { base: BASE, version: plant.version ?? '1.2.3', files: await page(root) })
  closers.push(() => app.close(0))
  if (plant.silent === true) await app.close(0)
  const front = await startFront(app.port, plant.front)
  closers.push(() => front.close())

  const etc = join(root, 'etc/supermon-live')
  await mkdir(etc, { recursive: true })
  const [settings, allmon] = [join(etc, 'supermon-live.conf'), join(etc, 'allmon.ini')]
  const well = `config = ${allmon}\nport = ${app.port}\nbase = ${BASE}\nfigures = ${join(root, 'figures.json')}\n`
  if (plant.unset !== true) await writeFile(settings, plant.settings?.(well) ?? well, { mode: 0o640 })
  for (const folder of plant.folders ?? []) await mkdir(join(root, folder), { recursive: true })
  const nodes = `[${NODE}]\nhost = 127.0.0.1:${fake.port}\nuser = admin\npasswd = "demo"\n`
  await writeFile(allmon, plant.allmon?.(nodes) ?? nodes, { mode: plant.mode ?? 0o640 })

  if (plant.webConf === null) await mkdir(join(etc, 'web.conf'))
  else if (plant.webConf !== undefined) await writeFile(join(etc, 'web.conf'), plant.webConf)

  await mkdir(join(root, 'etc/asterisk'))
  for (const [name, text] of Object.entries(plant.asterisk ?? {})) await writeFile(join(root, 'etc/asterisk', name), text)

  const ran: string[] = []
  const run: RunProgram = (command, args) => {
    const line = [command, ...args].join(' ').replaceAll(root, '')
    ran.push(line)
    const answers = { ...WELL, ...plant.programs }
    const known = Object.keys(answers).filter((start) => line.startsWith(start)).sort((a, b) => b.length - a.length)[0]
    return Promise.resolve({ code: known === undefined ? 127 : 0, stdout: '', stderr: '', ...answers[known ?? ''] })
  }
  const tools: Tools = {
    version: '1.2.3', limits: ['viewers'], run, uid: 0, systemd: true, builtAt: Date.parse('2026-01-01'), now: () => Date.now(), holdMs: 30, root, ...plant.tools,
  }
  const url = plant.url?.(front.port) ?? `${plant.front?.tls === undefined ? 'http' : 'https'}://127.0.0.1:${front.port}${BASE}/`
  const env = { SUPERMON_LIVE_SETTINGS: settings }
  let json = ''
  const code = await doctorCommand(['--url', url, '--json'], { env, write: (text) => { json += text } }, tools)
  const { findings } = JSON.parse(json) as { findings: Finding[] }
  return { code, text: textOf(findings), findings, wrong: findings.filter(({ state }) => state === 'wrong').map(({ id }) => id), ran }
}

async function page(root: string): Promise<string> {
  const folder = join(root, 'app')
  await mkdir(folder)
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Supermon Live</title>')
  return folder
}
