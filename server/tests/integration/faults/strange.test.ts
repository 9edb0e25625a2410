/** What else stands at the other end of an AMI address: nothing, the wrong thing, half of the thing. All at once. */
import { createServer as createHttp } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { afterAll, expect } from 'vitest'
import type { ReachCode } from '../../../../protocol/nodeState.ts'
import type { App } from '../../../src/app.ts'
import type { FakeAsteriskOptions } from '../../../src/fake-asterisk/fakeAsterisk.ts'
import type { Fault } from '../../../src/fake-asterisk/knobs.ts'
import { claimsToKnow, pause, Subject, together } from '../../support/faultStage.ts'
import type { Mode } from '../../support/faultStage.ts'
import { nodeConfig, runApp, until, Watcher } from '../../support/running.ts'

const closers: (() => unknown)[] = []
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function asterisk(node: string, options: FakeAsteriskOptions = {}, mode: Mode = 'event'): Promise<Subject> {
  const subject = await Subject.start(node, mode, options)
  closers.push(() => subject.close())
  return subject
}
async function gateway(...args: Parameters<typeof runApp>) {
  const app = await runApp(...args)
  closers.push(() => app.close(0))
  return app
}
/** A gateway of this one node, and its viewer. */
async function viewed(subject: Subject) {
  const app = await gateway([subject.config()])
  subject.watch(app)
  return app
}
async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  return (server.address() as AddressInfo).port
}
function watch(app: App, node: string): Watcher {
  const watcher = new Watcher(app, node)
  closers.push(() => { watcher.close() })
  return watcher
}
/** How long it takes until the viewer is told `code`, ms. */
async function told(watcher: Watcher, code: ReachCode, from = performance.now()): Promise<number> {
  await watcher.until(({ reach, reachReason }) => reach === 'down' && reachReason?.code === code, `told ${code}`)
  return performance.now() - from
}
async function listed(app: App): Promise<string[]> {
  const { data } = (await (await fetch(`${app.url}api/v1/nodes`)).json()) as { data: { id: string }[] }
  return data.map(({ id }) => id)
}
/** A live session meets `fault`; what was told when, and how long until all was true again. */
async function meets(subject: Subject, strike: () => unknown, code: ReachCode, repair: () => unknown = () => undefined) {
  await viewed(subject)
  await subject.true()
  const from = performance.now()
  await strike()
  const after = await told(subject.watcher, code, from)
  await repair()
  const repaired = performance.now()
  await subject.true(12_000)
  const back = performance.now() - repaired
  expect(subject.history().filter(({ state }) => claimsToKnow(state))).toEqual([])
  expect(subject.reasons(from)).toEqual([code])
  return { after, back }
}
const faulty = ({ fake }: Subject, ...faults: Fault[]) => { fake.setKnobs({ faults }) }

const UNKNOWN = 'RptStatus unknown or missing node'

together({
  'a configuration that is wrong': {
    'a node that Asterisk does not know is told as such, listed, asked for every 10 s, and comes by itself; its neighbours are well': async () => {
      const subject = await asterisk('546055')
      const app = await gateway([subject.config('29999'), subject.config()])
      const other = watch(app, '29999')
      subject.watch(app)
      expect(await told(other, 'node-unknown')).toBeLessThan(5_000)
      expect(other.state.reachReason?.message).toMatch(/check its number/)
      await subject.true()
      expect(await listed(app)).toEqual(['29999', '546055'])
      await pause(10_500)
      expect(subject.proxy.said.match(/XStat\r\nNODE: 29999/g)?.length).toBe(2)
      expect(subject.watcher.state.reach).toBe('up')
      expect(subject.reasons(0).filter((code) => code !== 'ami-connecting')).toEqual([])
    },
    'a node that appears is there within 10 s, and at once when it says something': async () => {
      const quiet = await asterisk('546056')
      const loud = await asterisk('48752')
      for (const subject of [quiet, loud]) {
        faulty(subject, { kind: 'refuse', node: subject.node, message: UNKNOWN })
        await viewed(subject)
        await told(subject.watcher, 'node-unknown')
        faulty(subject)
      }
      const from = performance.now()
      await loud.fake.key({ node: loud.node, on: true })
      await loud.true(1_000)
      await quiet.true(11_000)
      expect(performance.now() - from).toBeLessThan(10_700)
    },
    'a host name that does not resolve is told within 5 s; the node stays listed': async () => {
      const app = await gateway([{ ...nodeConfig('2000', 5038), host: 'no-such-asterisk.invalid' }])
      expect(await told(watch(app, '2000'), 'ami-unreachable')).toBeLessThan(5_500)
      expect(await listed(app)).toEqual(['2000'])
    },
    'a web server that waits to be asked is told as a port that says nothing': async () => {
      const port = await listening(createHttp((_request, response) => response.end('hello')))
      const watcher = watch(await gateway([nodeConfig('2000', port)]), '2000')
      expect(await told(watcher, 'ami-no-answer')).toBeLessThan(5_000)
      expect(watcher.state.reachReason?.message).toMatch(/port/)
    },
    'what greets in another language is told at once': async () => {
      for (const greeting of ['SSH-2.0-OpenSSH_9.6\r\n', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', '220 mail ESMTP\r\n']) {
        const port = await listening(createServer((socket: Socket) => socket.on('error', () => undefined).end(greeting)))
        expect(await told(watch(await gateway([nodeConfig('2000', port)]), '2000'), 'ami-not-ami')).toBeLessThan(1_000)
      }
    },
  },
  'an Asterisk that does not come to a login': {
    'a greeting that never comes is told within 5 s, and all is well 2 s after it came': async () => {
      const subject = await asterisk('2001')
      subject.proxy.mute(true)
      await viewed(subject)
      expect(await told(subject.watcher, 'ami-no-answer')).toBeLessThan(5_000)
      await pause(3_000)
      const from = performance.now()
      subject.proxy.mute(false)
      await subject.true()
      expect(performance.now() - from).toBeLessThan(2_000)
    },
    ...Object.fromEntries(['Challenge', 'Login'].map((action, i) => [`a ${action} that is never answered is told within 5 s`, async () => {
      const subject = await asterisk(String(2_002 + i))
      faulty(subject, { kind: 'never', action })
      await viewed(subject)
      expect(await told(subject.watcher, 'ami-no-answer')).toBeLessThan(5_000)
      faulty(subject)
      const from = performance.now()
      await subject.true()
      // A try that hangs already is given up after 4 s.
      expect(performance.now() - from).toBeLessThan(6_000)
    }])),
    'nodes that are unreachable at the start are listed, say why, and come up by themselves': async () => {
      const subjects = await Promise.all(['2004', '2005', '2006'].map((node) => asterisk(node)))
      for (const { proxy } of subjects) await proxy.refuse()
      const app = await gateway(subjects.map((subject) => subject.config()))
      for (const subject of subjects) subject.watch(app)
      for (const { watcher } of subjects) expect(await told(watcher, 'ami-refused')).toBeLessThan(1_000)
      expect(await listed(app)).toEqual(['2004', '2005', '2006'])
      const health = (await (await fetch(`${app.url}healthz`)).json()) as { hosts: { status: string }[] }
      expect(health.hosts.map(({ status }) => status)).not.toContain('up')
      await pause(6_000)
      const from = performance.now()
      for (const { proxy } of subjects) await proxy.listen()
      for (const subject of subjects) await subject.true()
      expect(performance.now() - from).toBeLessThan(2_000)
    },
    'a new viewer is told why at once, and his coming is a reason to try at once': async () => {
      const subjects = await Promise.all(Array.from({ length: 8 }, (_, i) => asterisk(String(2_010 + i))))
      for (const { proxy } of subjects) await proxy.refuse()
      const app = await gateway(subjects.map((subject) => subject.config()))
      for (const subject of subjects) await told(watch(app, subject.node), 'ami-refused')
      await pause(3_000)
      await Promise.all(subjects.map(async (subject) => {
        await subject.proxy.listen()
        const from = performance.now()
        const watcher = subject.watch(app)
        await until(() => watcher.frames.length >= 2, 'a first word')
        expect(subject.history()[0]?.state).toMatchObject({ reach: 'down', reachReason: { code: 'ami-refused' } })
        await until(() => subject.proxy.accepted > 0, 'a try')
        expect(performance.now() - from).toBeLessThan(700)
        await subject.true()
      }))
    },
    '20 failures of one kind make one line in the log': async () => {
      const subject = await asterisk('2020')
      await subject.fake.close()
      const app = await viewed(subject)
      // Each new viewer brings a try.
      while (subject.proxy.accepted <= 20) {
        watch(app, subject.node)
        await pause(400)
      }
      expect(app.log.map(({ level, message }) => `${level} ${message.slice(0, 9)}`)).toEqual(['warn AMI down:'])
    },
  },
  'a session that goes wrong': {
    'by silence while nobody talks is told within 5 s': async () => {
      const subject = await asterisk('2030')
      const { after, back } = await meets(subject, () => subject.fake.mute({ ms: 60_000 }), 'ami-no-answer', async () => {
        await pause(5_000)
        await subject.fake.mute({ ms: 0 })
      })
      expect(after).toBeLessThan(5_000)
      expect(back).toBeLessThan(2_000)
    },
    'by a dead path, nothing lost and nothing refused, is told within 5 s and back within 2 s': async () => {
      const subject = await asterisk('2031')
      const { after, back } = await meets(subject, () => { subject.proxy.mute(true) }, 'ami-no-answer', async () => {
        await pause(5_000)
        subject.proxy.mute(false)
      })
      expect(after).toBeLessThan(5_000)
      expect(back).toBeLessThan(2_000)
    },
    'by an answer to another question is given up, and nothing of it is believed': async () => {
      const subject = await asterisk('2032')
      const { after, back } = await meets(subject, () => { faulty(subject, { kind: 'wrong-id', command: 'SawStat', times: 1 }) }, 'ami-no-answer')
      expect(after).toBeLessThan(6_000)
      expect(back).toBeLessThan(1_000)
    },
    'by half a message and then silence is told within 5 s of it': async () => {
      const subject = await asterisk('2033')
      const half = 'Event: RPT_RXKEYED\r\nPrivilege: call,all\r\nNode: 2033\r\nEvent'
      const { after, back } = await meets(subject, () => {
        faulty(subject, { kind: 'never' })
        subject.proxy.inject(half)
      }, 'ami-no-answer', () => { faulty(subject) })
      expect(after).toBeLessThan(5_000)
      expect(back).toBeLessThan(2_000)
    },
    'by half an answer and then silence is told as well': async () => {
      const subject = await asterisk('2034')
      const { after, back } = await meets(subject, () => { faulty(subject, { kind: 'stall', action: 'RptStatus', times: 1 }) }, 'ami-no-answer')
      // The next poll is up to 5 s away.
      expect(after).toBeLessThan(8_000)
      expect(back).toBeLessThan(1_000)
    },
    'by 10 MB without a line end is cut off before they are held': async () => {
      const subject = await asterisk('2035')
      const { after, back } = await meets(subject, () => { subject.proxy.inject(Buffer.alloc(10_000_000, 'x')) }, 'ami-not-ami')
      expect(after).toBeLessThan(2_000)
      expect(back).toBeLessThan(2_000)
      expect(subject.watcher.state.reach).toBe('up')
    },
    'by a Goodbye nobody asked for is told as closed, and opened again': async () => {
      const subject = await asterisk('2036')
      const { after, back } = await meets(subject, () => { subject.proxy.inject('Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n') }, 'ami-closed')
      expect(after).toBeLessThan(500)
      expect(back).toBeLessThan(1_000)
    },
    'by a reload of manager.conf that drops it is back within 1 s': async () => {
      const subject = await asterisk('2037')
      const { after, back } = await meets(subject, () => { subject.proxy.cut() }, 'ami-closed')
      expect(after).toBeLessThan(500)
      expect(back).toBeLessThan(1_000)
      expect(subject.proxy.accepted).toBe(2)
    },
    'by answers slower than any deadline is down for as long as that lasts, and up again by itself': async () => {
      const subject = await asterisk('2038')
      const { after, back } = await meets(subject, () => subject.fake.setKnobs({ replyDelayMs: 3_000 }), 'ami-no-answer', async () => {
        const frames = subject.watcher.frames.length
        await pause(7_000)
        // Once told, nothing flaps, though the login succeeds each time.
        expect(subject.watcher.frames.slice(frames).filter(({ type }) => type === 'patch').length).toBeLessThanOrEqual(1)
        subject.fake.setKnobs({ replyDelayMs: 0 })
      })
      expect(after).toBeLessThan(7_500)
      expect(back).toBeLessThan(6_000)
    },
    'by nothing: a slow one is up all the while, and no poll takes back what an event told': async () => {
      const subject = await asterisk('2039', { knobs: { replyDelayMs: 100 } })
      await viewed(subject)
      await subject.true()
      const { node, fake, watcher, talkers } = subject
      const link = talkers[0] as string
      for (let i = 0; i < 40; i += 1) {
        const on = i % 2 === 0
        await fake.key({ node, on })
        await fake.linkKey({ node, link, on })
        await watcher.until(({ rx, links }) => rx === on && links[link]?.keyed === on, 'told')
        // Polls every second take 200 ms: the moments of key-ups wander over them.
        await pause(120)
        expect([watcher.state.rx, watcher.link(link)?.keyed], `${i}`).toEqual([on, on])
      }
      await subject.true()
      expect(subject.reasons(0).filter((code) => code !== 'ami-connecting' && code !== 'not-watched')).toEqual([])
    },
  },
})
