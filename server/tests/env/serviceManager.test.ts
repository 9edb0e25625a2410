/** What systemd is told, over a datagram socket of our own in place of its. */
import { afterEach, describe, expect, it } from 'vitest'
import { runProgram } from '../../src/env/runProgram.ts'
import type { RunProgram } from '../../src/env/runProgram.ts'
import { ServiceManager } from '../../src/env/serviceManager.ts'
import type { ServiceManagerOptions } from '../../src/env/serviceManager.ts'
import { ManualClock } from '../support/manualClock.ts'
import { openNotifySocket } from '../support/notifySocket.ts'
import { until } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** One whose messages are noted in place of sent; `open` holds them back. */
function noted(env: Record<string, string>, answer: { code: number; stderr: string } = { code: 0, stderr: '' }) {
  const clock = new ManualClock()
  const told: string[] = []
  const warnings: string[] = []
  const held: (() => void)[] = []
  const run: RunProgram = (command, args) => new Promise((resolve) => {
    told.push([command, ...args].join(' '))
    held.push(() => { resolve({ ...answer, stdout: '' }) })
  })
  const options: ServiceManagerOptions = { env, pid: 42, clock, run, warn: (message) => { warnings.push(message) }, monotonic: () => 1_234n }
  /** Lets what was said be taken, and what waits behind it be said. */
  const taken = async () => {
    do {
      held.shift()?.()
      await new Promise(setImmediate)
    } while (held.length > 0)
  }
  return { manager: new ServiceManager(options), clock, told, warnings, taken }
}
const SOCKET = { NOTIFY_SOCKET: '/run/systemd/notify' }
const seconds = (n: number) => String(n * 1_000_000)

describe('a service', () => {
  it('tells systemd in order that it is ready, reads again, is ready again and stops, and nothing after that', async () => {
    const socket = await openNotifySocket()
    closers.push(socket.close)
    const manager = new ServiceManager({ env: socket.env, pid: process.pid, clock: new ManualClock(), run: runProgram, warn: expect.fail })
    void manager.ready('serving 2 nodes')
    await manager.reloading(() => Promise.resolve(), () => 'serving 3 nodes')
    await manager.stopping()
    await manager.ready('never')
    await socket.count(4)
    expect(socket.messages).toEqual([
      'READY=1|STATUS=serving 2 nodes', expect.stringMatching(/^RELOADING=1\|MONOTONIC_USEC=\d+\|STATUS=reading its files again$/),
      'READY=1|STATUS=serving 3 nodes', 'STOPPING=1|STATUS=sending viewers away',
    ])
  })

  it('is ready again after a reread that failed, and not before it is through, and warns of it', async () => {
    const { manager, told, taken, warnings } = noted(SOCKET)
    let fail: (reason: Error) => void = () => undefined
    const reloading = manager.reloading(() => new Promise((_, reject) => { fail = reject }), () => 'as before')
    await taken()
    expect(told).toEqual(['systemd-notify RELOADING=1 MONOTONIC_USEC=1234 STATUS=reading its files again'])
    fail(new Error('no such file'))
    await until(() => told.length === 2, 'it is ready')
    await taken()
    await reloading
    expect(warnings).toEqual(['Not all files were read again: no such file. What was read before counts.'])
    expect(told[1]).toBe('systemd-notify READY=1 STATUS=as before')
  })

  it('says nothing where no service manager listens', async () => {
    const { manager, told, clock } = noted({ WATCHDOG_USEC: seconds(60) })
    await manager.ready('serving')
    await manager.reloading(() => Promise.resolve(), () => 'serving')
    await manager.stopping()
    expect([told, clock.pending]).toEqual([[], 0])
  })
})

describe('the watchdog', () => {
  it.each([{}, { WATCHDOG_PID: '42' }])('is fed at a third of its time, from ready to stop (%j)', async (owner) => {
    const { manager, told, taken, clock } = noted({ ...SOCKET, WATCHDOG_USEC: seconds(60), ...owner })
    expect(clock.pending).toBe(0)
    void manager.ready('serving')
    await taken()
    for (const sent of [2, 3, 4]) {
      clock.advance(19_999)
      await taken()
      expect(told).toHaveLength(sent - 1)
      clock.advance(1)
      await taken()
      expect(told).toHaveLength(sent)
    }
    expect(told.at(-1)).toBe('systemd-notify WATCHDOG=1')
    void manager.stopping()
    await taken()
    clock.advance(60_000)
    await taken()
    expect([told.length, told.at(-1), clock.pending]).toEqual([5, 'systemd-notify STOPPING=1 STATUS=sending viewers away', 0])
  })

  it('is told one sign of life at a time, and none after a stop meanwhile', async () => {
    const { manager, told, taken, clock } = noted({ ...SOCKET, WATCHDOG_USEC: seconds(3) })
    void manager.ready('serving')
    await taken()
    clock.advance(10_000)
    await new Promise(setImmediate)
    expect([told.length, clock.pending]).toEqual([2, 0])
    void manager.stopping()
    await new Promise(setImmediate)
    // One that overtakes another would leave systemd with the older news.
    expect(told).toHaveLength(2)
    await taken()
    expect([told.length, clock.pending]).toEqual([3, 0])
  })

  it.each([
    ['another process', { WATCHDOG_USEC: seconds(60), WATCHDOG_PID: '43' }],
    ['nobody', {}],
    ['no number', { WATCHDOG_USEC: 'soon' }],
  ])('that is meant for %s is left alone', async (_, env) => {
    const { manager, taken, clock } = noted({ ...SOCKET, ...env })
    void manager.ready('serving')
    await taken()
    expect(clock.pending).toBe(0)
  })
})

describe('systemd-notify', () => {
  it('that is not there is one warning with what to do', async () => {
    const warnings: string[] = []
    const env = { ...SOCKET, PATH: '/nonexistent' }
    const manager = new ServiceManager({ env, pid: 1, clock: new ManualClock(), run: runProgram, warn: (message) => { warnings.push(message) } })
    await manager.ready('serving')
    await manager.stopping()
    expect(warnings).toEqual([expect.stringMatching(/^systemd cannot be told that this runs \(systemd-notify ended with 127: .*ENOENT\).*: install systemd-notify, and keep/)])
  })

  it('that fails is one warning, and is asked again', async () => {
    const { manager, told, taken, warnings } = noted(SOCKET, { code: 1, stderr: 'Failed to notify\nmore' })
    void manager.ready('serving')
    void manager.ready('serving')
    await taken()
    expect([told.length, warnings]).toEqual([2, [expect.stringContaining('ended with 1: Failed to notify)')]])
  })

  it('that cannot even be run is one warning, and the watchdog is fed all the same once it can be', async () => {
    const told: string[] = []
    const warnings: string[] = []
    const clock = new ManualClock()
    let broken = true
    const run: RunProgram = (_, args) => {
      if (broken) return Promise.reject(new Error('spawn EMFILE'))
      told.push(args.join(' '))
      return Promise.resolve({ code: 0, stdout: '', stderr: '' })
    }
    const manager = new ServiceManager({ env: { ...SOCKET, WATCHDOG_USEC: seconds(3) }, pid: 1, clock, run, warn: (message) => { warnings.push(message) } })
    await manager.ready('serving')
    clock.advance(1_000)
    await new Promise(setImmediate)
    broken = false
    clock.advance(1_000)
    await new Promise(setImmediate)
    await manager.stopping()
    expect([told, warnings]).toEqual([['WATCHDOG=1', 'STOPPING=1 STATUS=sending viewers away'], [expect.stringContaining('(spawn EMFILE) and may restart it')]])
  })
})
