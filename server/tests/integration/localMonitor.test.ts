/** Local monitors: app_rpt tells no event of their keys, so whoever listens to one is shown it by asking. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { NODE, openHeldNode } from '../support/heldNode.ts'
import type { HeldNode } from '../support/heldNode.ts'

const TALKER = '2000'
const MONITORED = '2002'
const closers: (() => unknown)[] = []
let clock: HeldNode['clock']
let fake: HeldNode['fake']
let watcher: HeldNode['watcher']
let pass: HeldNode['pass']
let asked: HeldNode['asked']

beforeEach(async () => {
  ({ clock, fake, watcher, pass, asked } = await openHeldNode(closers, { links: 0 }))
  await fake.connect({ node: NODE, link: TALKER, mode: 'transceive' })
  await fake.connect({ node: NODE, link: MONITORED, mode: 'local-monitor' })
  await pass(() => watcher.link(TALKER)?.direction != null && watcher.link(MONITORED)?.mode === 'local-monitor', 'both links')
  await fake.linkKey({ node: NODE, link: TALKER, on: true })
  await pass(() => watcher.link(TALKER)?.keyed === true && watcher.state.tx === true, 'somebody talks')
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

it('is shown to key and to stop within little more than a second, beside somebody who talks', async () => {
  for (const on of [true, false, true]) {
    await fake.linkKey({ node: NODE, link: MONITORED, on })
    expect(await pass(() => watcher.link(MONITORED)?.keyed === on, `keyed: ${on}`)).toBeLessThanOrEqual(1_200)
  }
  expect(Math.abs((watcher.link(MONITORED)?.lastKeyedAt ?? 0) - clock.now())).toBeLessThan(2_000)
  expect(watcher.link(TALKER)?.keyed).toBe(true)
})

it('is shown as soon beside somebody who has only just begun to talk', async () => {
  await fake.linkKey({ node: NODE, link: TALKER, on: false })
  await pass(() => watcher.link(TALKER)?.keyed === false && watcher.state.tx === false, 'silence')
  // From the second one on it is asked every 5 s.
  for (const what of ['one question', 'another']) {
    const whole = asked('XStat')
    await pass(() => asked('XStat') > whole, what)
  }
  await fake.linkKey({ node: NODE, link: TALKER, on: true })
  await pass(() => watcher.link(TALKER)?.keyed === true, 'somebody talks')
  await fake.linkKey({ node: NODE, link: MONITORED, on: true })
  expect(await pass(() => watcher.link(MONITORED)?.keyed === true, 'keyed')).toBeLessThanOrEqual(1_200)
})

it('costs one question a second, and all that a node tells every five', async () => {
  await fake.linkKey({ node: NODE, link: MONITORED, on: true })
  await pass(() => watcher.link(MONITORED)?.keyed === true, 'keyed')
  const keys = asked('SawStat')
  const whole = asked('XStat')
  const took = await pass(() => asked('SawStat') >= keys + 20, 'twenty polls')
  expect(took).toBeGreaterThan(18_000)
  expect(asked('XStat') - whole).toBeGreaterThanOrEqual(3)
  expect(asked('XStat') - whole).toBeLessThanOrEqual(5)
})

it('makes the rest of the node no staler than without it, also when the talk ends', async () => {
  const whole = asked('XStat')
  await pass(() => asked('XStat') > whole, 'all was asked')
  await pass(() => watcher.link(MONITORED)?.keyed === false, 'and answered')
  await fake.setVar({ node: NODE, name: 'cpu_temp', value: '<span style="background-color: red">81 C</span>' })
  const keys = asked('SawStat')
  const talked = await pass(() => asked('SawStat') >= keys + 3, 'three looks')
  await fake.linkKey({ node: NODE, link: TALKER, on: false })
  expect(talked + await pass(() => watcher.state.telemetry.cpuTemp?.level === 'critical', 'the temperature')).toBeLessThanOrEqual(5_200)
})

it('that comes or goes while somebody talks is found by the next question', async () => {
  await fake.connect({ node: NODE, link: '2003', mode: 'local-monitor' })
  expect(await pass(() => watcher.link('2003')?.mode === 'local-monitor', 'another one')).toBeLessThanOrEqual(1_300)
  await fake.disconnect({ node: NODE, link: '2003' })
  expect(await pass(() => watcher.link('2003') === undefined, 'gone again')).toBeLessThanOrEqual(1_300)
})

it('is asked for without undoing what an event told meanwhile', async () => {
  fake.setKnobs({ replyDelayMs: 600 })
  const told = watcher.frames.length
  const keys = asked('SawStat')
  await pass(() => asked('SawStat') > keys, 'a question is under way')
  await fake.linkKey({ node: NODE, link: TALKER, on: false })
  await pass(() => asked('SawStat') >= keys + 4, 'three answers later')
  expect(watcher.frames.slice(told).flatMap((frame) => (frame.type === 'patch' ? (frame.patch.links?.[TALKER]?.keyed ?? []) : []))).toEqual([false])
})
