/** What systemd is told once all is written, and when it is told nothing. */
import { mkdir } from 'node:fs/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { RunProgram } from '../../src/env/runProgram.ts'
import { look } from '../../src/setup/findings.ts'
import { Place } from '../../src/setup/place.ts'
import { startService } from '../../src/setup/service.ts'
import type { ServiceStep } from '../../src/setup/service.ts'
import { leavesDaemon, replacesDaemon, settingsFor } from '../../src/setup/settings.ts'
import { findSupermonNg } from '../../src/setup/supermonNg.ts'
import { Machine, SUPERMON_FILES } from './machine.ts'

/** A folder that is taken for this machine. */
class Here extends Place {
  override get isThisMachine(): boolean {
    return true
  }
}

let machine: Machine
beforeEach(async () => {
  machine = await Machine.make()
  await mkdir(machine.at('/run/systemd/system'), { recursive: true })
})
afterEach(() => machine.remove())

/** @param refused commands that fail, by their beginning */
async function start(refused: readonly string[], step: Partial<ServiceStep> = {}, stderr = 'it broke\nmore') {
  const ran: string[] = []
  let out = ''
  const run: RunProgram = (command, args) => {
    const line = [command, ...args].join(' ')
    const code = refused.some((each) => line.startsWith(each)) ? 1 : 0
    if (!/is-active|is-enabled|cat/.test(line)) ran.push(line)
    return Promise.resolve({ code, stdout: '', stderr: code === 0 ? '' : stderr })
  }
  const done = await startService({
    place: new Here(machine.root), run, env: {}, dryRun: false, changed: true, replacesDaemon: false, leavesDaemon: false, say: (line) => { out += `${line}\n` }, ...step,
  })
  return { done, ran, out }
}
const ALL = ['systemctl daemon-reload', 'systemctl enable supermon-live.service', 'systemctl restart supermon-live.service']

it('is started with what was written, and again when that changed', async () => {
  expect(await start([])).toEqual({ done: true, ran: ALL, out: '' })
})

it('is left alone when it runs and nothing changed', async () => {
  expect((await start([], { changed: false })).ran).toEqual([])
  expect((await start(['systemctl is-active'], { changed: false })).ran).toEqual(ALL)
})

it("is left to the package's own scripts, to images, and to whoever has no systemd", async () => {
  expect((await start([], { env: { DPKG_MAINTSCRIPT_PACKAGE: 'supermon-live' } })).ran).toEqual([])
  expect((await start([], { place: new Place(machine.root) })).ran).toEqual([])
  expect(await start(['systemctl cat'])).toEqual({ done: true, ran: [], out: 'Note     The service is not installed here: start the gateway with: supermon-live\n' })
  const bare = await Machine.make()
  expect((await start([], { place: new Here(bare.root) })).out).toBe('Note     systemd is not running here: start the gateway with: supermon-live\n')
  await bare.remove()
})

it("takes the port from Supermon-NG's daemon first, and says the way back", async () => {
  const { ran, out } = await start([], { replacesDaemon: true })
  expect(ran).toEqual(['systemctl disable --now supermon-ng-websocket.service', ...ALL])
  expect(out).toContain('Back to it: sudo systemctl disable --now supermon-live.service && sudo systemctl enable --now supermon-ng-websocket.service\n')
  const gone = await start(['systemctl is-enabled', 'systemctl is-active'], { replacesDaemon: true })
  expect(gone.ran).toEqual(ALL)
  expect((await start([], { replacesDaemon: true, env: { DPKG_MAINTSCRIPT_PACKAGE: 'supermon-live' } })).ran).toEqual(['systemctl disable --now supermon-ng-websocket.service'])
})

it("leaves Supermon-NG's daemon alone where nothing of ours could take its place", async () => {
  expect((await start(['systemctl cat'], { replacesDaemon: true })).ran).toEqual([])
})

it("leaves Supermon-NG's daemon alone beside it, whatever port the settings name", async () => {
  for (const [path, text] of Object.entries(SUPERMON_FILES)) await machine.write(path, text)
  const supermon = await findSupermonNg(new Place(machine.root))
  expect(replacesDaemon(new Map([['dialect', 'supermon-ng'], ['port', '8105']]), supermon)).toBe(true)
  expect(replacesDaemon(new Map([['dialect', 'supermon-ng'], ['port', '8115']]), supermon)).toBe(false)
  expect(replacesDaemon(new Map([['port', '8105']]), supermon)).toBe(false)
  expect(replacesDaemon(new Map([['dialect', 'supermon-ng']]), null)).toBe(false)
})

it("from under to beside, says that Supermon-NG's daemon is disabled, and how it comes back", async () => {
  for (const [path, text] of Object.entries(SUPERMON_FILES)) await machine.write(path, text)
  const place = new Here(machine.root)
  const findings = await look(place)
  let state = 'enabled'
  const run: RunProgram = (_, words) => {
    if (words.join(' ') === 'disable --now supermon-ng-websocket.service') state = 'disabled'
    return Promise.resolve({ code: 0, stdout: words[0] === 'is-enabled' ? `${state}\n` : '', stderr: '' })
  }
  const NOTE = "Note     Supermon-NG's own daemon is disabled, so its page has no sockets. To have it back: sudo systemctl enable --now supermon-ng-websocket\n"
  const setUp = async (setup: 'under' | 'beside' | 'alone') => {
    const settings = new Map(settingsFor({ setup, config: null, base: null, accountsBeside: false }, findings).map(({ name, value }) => [name, value]))
    return (await start([], { place, run, replacesDaemon: replacesDaemon(settings, findings.supermon), leavesDaemon: leavesDaemon(settings, findings.supermon) })).out
  }
  expect([await setUp('beside'), await setUp('under')]).toEqual(['', expect.stringContaining('Back to it: ')])
  expect([await setUp('under'), await setUp('beside'), await setUp('alone')]).toEqual([expect.not.stringContaining(NOTE), NOTE, NOTE])
  state = 'masked'
  expect(await setUp('beside')).toBe('')
  // On the port that is the daemon's own, only one of the two can run.
  expect([leavesDaemon(new Map([['port', '8105']]), findings.supermon), leavesDaemon(new Map([['port', '8115']]), findings.supermon), leavesDaemon(new Map(), null)]).toEqual([false, true, false])
})

it('shows what it would do on a dry run', async () => {
  const { ran, out } = await start([], { dryRun: true, replacesDaemon: true })
  expect(ran).toEqual([])
  expect(out).toContain('Would run systemctl disable --now supermon-ng-websocket.service\n')
  expect(out).toContain('Would run systemctl restart supermon-live.service\n')
})

it.each([
  ['restart supermon-live.service', 'supermon-live', 'it broke\nmore', 'it broke. '],
  ['daemon-reload', 'supermon-live', 'it broke.\n', 'it broke. '],
  ['disable --now supermon-ng-websocket.service', 'supermon-ng-websocket', '', ''],
])('systemctl %s that fails is a failure with what systemd says, and where to look', async (words, unit, stderr, why) => {
  const { done, out } = await start([`systemctl ${words}`], { replacesDaemon: true }, stderr)
  expect([done, out.split('\n').at(-2)]).toEqual([false, `Failed   systemctl ${words}: ${why}See: sudo journalctl -u ${unit}.service -n 20`])
})
