/**
 * What else stands at the other end of an AMI address: nothing, the wrong thing, half of the thing. Told to viewers end to
 * end, a few at a time; how soon at the latest is held in `feed/promises.test.ts`.
 */
import { createServer as createHttp } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { afterAll, expect, it } from 'vitest'
import type { ReachCode } from '../../../../protocol/nodeState.ts'
import type { App } from '../../../src/app.ts'
import type { FakeAsteriskOptions } from '../../../src/fake-asterisk/fakeAsterisk.ts'
import type { Fault } from '../../../src/fake-asterisk/knobs.ts'
import { claimsToKnow } from '../../support/brokenAsterisk.ts'
import { pause, Subject, together } from '../../support/faultStage.ts'
import { ManualClock } from '../../support/manualClock.ts'
import { nodeConfig, passUntil, runApp, runHeldApp, until, Watcher } from '../../support/running.ts'

const closers: (() => unknown)[] = []
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** What a busy machine may need for what takes 5 s at most, ms. */
const PATIENCE_MS = 20_000

async function asterisk(node: string, options: FakeAsteriskOptions = {}): Promise<Subject> {
  const subject = await Subject.start(node, 'event', options)
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
function told(watcher: Watcher, code: ReachCode): Promise<void> {
  return watcher.until(({ reach, reachReason }) => reach === 'down' && reachReason?.code === code, `told ${code}`, PATIENCE_MS)
}
async function listed(app: App): Promise<string[]> {
  const { data } = (await (await fetch(`${app.url}api/v1/nodes`)).json()) as { data: { id: string }[] }
  return data.map(({ id }) => id)
}
/** A live session meets a fault: its viewer is told `code` first, and all is true again by itself. */
async function meets(subject: Subject, strike: () => unknown, code: ReachCode, repair: () => unknown = () => undefined) {
  await viewed(subject)
  await subject.true()
  const from = performance.now()
  await strike()
  // By what it was told, as that may be over again when we look.
  await until(() => subject.reasons(from).includes(code), () => `told ${code}: ${subject.reasons(from).join()}`, PATIENCE_MS)
  await repair()
  await subject.true(PATIENCE_MS)
  expect(subject.history().filter(({ state }) => claimsToKnow(state))).toEqual([])
  expect(subject.reasons(from)[0]).toBe(code)
}
const faulty = ({ fake }: Subject, ...faults: Fault[]) => { fake.setKnobs({ faults }) }

const UNKNOWN = 'RptStatus unknown or missing node'

together({
  'a configuration that is wrong': {
    'a node that Asterisk does not know is told as such and listed; its neighbours are well; it comes by itself, at once when it says something': async () => {
      const subject = await asterisk('546055', { nodes: ['546055', '29999'] })
      faulty(subject, { kind: 'refuse', node: '29999', message: UNKNOWN })
      const app = await gateway([subject.config('29999'), subject.config()])
      const other = watch(app, '29999')
      subject.watch(app)
      await told(other, 'node-unknown')
      expect(other.state.reachReason?.message).toMatch(/check its number/)
      await subject.true()
      expect(await listed(app)).toEqual(['29999', '546055'])
      expect(subject.reasons(0).filter((code) => code !== 'ami-connecting' && code !== 'not-watched')).toEqual([])
      faulty(subject)
      await subject.fake.key({ node: '29999', on: true })
      await other.until(({ reach, rx }) => reach === 'up' && rx === true, 'there', PATIENCE_MS)
    },
    'a host name that does not resolve is told; the node stays listed': async () => {
      const app = await gateway([{ ...nodeConfig('2000', 5038), host: 'no-such-asterisk.invalid' }])
      await told(watch(app, '2000'), 'ami-unreachable')
      expect(await listed(app)).toEqual(['2000'])
    },
    'a web server that waits to be asked is told as a port that says nothing': async () => {
      const port = await listening(createHttp((_request, response) => response.end('hello')))
      const watcher = watch(await gateway([nodeConfig('2000', port)]), '2000')
      await told(watcher, 'ami-no-answer')
      expect(watcher.state.reachReason?.message).toMatch(/port/)
    },
    'what greets in another language is told as something else': async () => {
      for (const greeting of ['SSH-2.0-OpenSSH_9.6\r\n', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', '220 mail ESMTP\r\n']) {
        const port = await listening(createServer((socket: Socket) => socket.on('error', () => undefined).end(greeting)))
        await told(watch(await gateway([nodeConfig('2000', port)]), '2000'), 'ami-not-ami')
      }
    },
  },
  'an Asterisk that does not come to a login': {
    'nodes that are unreachable at the start are listed, say why, and come up by themselves': async () => {
      const subjects = await Promise.all(['2004', '2005', '2006'].map((node) => asterisk(node)))
      for (const { proxy } of subjects) await proxy.refuse()
      const app = await gateway(subjects.map((subject) => subject.config()))
      for (const subject of subjects) subject.watch(app)
      for (const { watcher } of subjects) await told(watcher, 'ami-refused')
      expect(await listed(app)).toEqual(['2004', '2005', '2006'])
      const health = (await (await fetch(`${app.url}healthz`)).json()) as { hosts: { status: string }[] }
      expect(health.hosts.map(({ status }) => status)).not.toContain('up')
      await pause(1_500)
      for (const { proxy } of subjects) await proxy.listen()
      for (const subject of subjects) await subject.true(PATIENCE_MS)
    },
    'one that gives no challenge is logged in to with the plain secret; a wrong one is refused all the same': async () => {
      const plain = { faults: [{ kind: 'refuse', action: 'Challenge', message: 'Must specify AuthType' }] } as const
      const [right, wrong] = [await asterisk('2038', { knobs: plain }), await asterisk('2040', { knobs: plain, secret: 'another' })]
      await viewed(right)
      await viewed(wrong)
      await told(wrong.watcher, 'ami-login-refused')
      await right.true(PATIENCE_MS)
    },
    'a new viewer is told why before anything else, and need not do anything': async () => {
      const subject = await asterisk('2010')
      await subject.proxy.refuse()
      const app = await gateway([subject.config()])
      await told(watch(app, subject.node), 'ami-refused')
      const watcher = subject.watch(app)
      await until(() => watcher.frames.length >= 2, 'a first word')
      expect(subject.history()[0]?.state).toMatchObject({ reach: 'down', reachReason: { code: 'ami-refused' } })
      await subject.proxy.listen()
      await subject.true(PATIENCE_MS)
    },
  },
  'a session that goes wrong': {
    'by an answer to another question is given up, and nothing of it is believed': async () => {
      const subject = await asterisk('2032')
      await meets(subject, () => { faulty(subject, { kind: 'wrong-id', command: 'SawStat', times: 1 }) }, 'ami-no-answer')
    },
    'by half a message and then silence is told': async () => {
      const subject = await asterisk('2033')
      const half = 'Event: RPT_RXKEYED\r\nPrivilege: call,all\r\nNode: 2033\r\nEvent'
      await meets(subject, () => {
        faulty(subject, { kind: 'never' })
        subject.proxy.inject(half)
      }, 'ami-no-answer', () => { faulty(subject) })
    },
    'by half an answer and then silence is told as well': async () => {
      const subject = await asterisk('2034')
      await meets(subject, () => { faulty(subject, { kind: 'stall', action: 'RptStatus', times: 1 }) }, 'ami-no-answer')
    },
    'by nothing: words of strangers that look like a Goodbye, an answer or raw text are passed over': async () => {
      const subject = await asterisk('2036')
      await viewed(subject)
      await subject.true()
      for (const words of ['Response: Goodbye\r\nMessage: Thanks for all the fish.', 'Response: Success\r\nActionID: 7', 'Response: Follows\r\nPrivilege: Command', 'T2001']) {
        subject.proxy.inject(`${words}\r\n\r\n`)
      }
      await subject.fake.key({ node: subject.node, on: true })
      await subject.watcher.until(({ rx }) => rx === true, 'the key-up behind them', PATIENCE_MS)
      await subject.true(PATIENCE_MS)
      expect(subject.reasons(0).filter((code) => code !== 'ami-connecting' && code !== 'not-watched')).toEqual([])
    },
    'by a reload of manager.conf that drops it is told as closed, and opened again': async () => {
      const subject = await asterisk('2037')
      await meets(subject, () => { subject.proxy.cut() }, 'ami-closed')
      expect(subject.proxy.accepted).toBeGreaterThanOrEqual(2)
    },
    'by nothing: a slow one is up all the while, and no poll takes back what an event told': async () => {
      const subject = await asterisk('2039', { knobs: { replyDelayMs: 100 } })
      await viewed(subject)
      await subject.true(PATIENCE_MS)
      const { node, fake, watcher, talkers } = subject
      const link = talkers[0] as string
      for (let i = 0; i < 24; i += 1) {
        const on = i % 2 === 0
        await fake.key({ node, on })
        await fake.linkKey({ node, link, on })
        await watcher.until(({ rx, links }) => rx === on && links[link]?.keyed === on, 'told', PATIENCE_MS)
        // Polls every second take 200 ms: the moments of key-ups wander over them.
        await pause(120)
        expect([watcher.state.rx, watcher.link(link)?.keyed], `${i}`).toEqual([on, on])
      }
      await subject.true(PATIENCE_MS)
      expect(subject.reasons(0).filter((code) => code !== 'ami-connecting' && code !== 'not-watched')).toEqual([])
    },
  },
})

it('a session that goes wrong by 10 MB without a line end is cut off before they are held', async () => {
  // In held time: whoever reads them for seconds gives up an answer that is behind them.
  const clock = new ManualClock()
  const subject = await asterisk('2035', { clock })
  const app = await runHeldApp([subject.config()], { clock })
  closers.push(() => app.close(0))
  const watcher = subject.watch(app)
  const isTrue = () => subject.lies().length === 0
  await passUntil(clock, isTrue, 'true')
  const from = performance.now()
  subject.proxy.inject(Buffer.alloc(10_000_000, 'x'))
  await told(watcher, 'ami-not-ami')
  await passUntil(clock, isTrue, 'true again')
  expect(subject.history().filter(({ state }) => claimsToKnow(state))).toEqual([])
  expect(subject.reasons(from)).toEqual(['ami-not-ami'])
})

it('20 failures of one kind make one line in the log', async () => {
  let tries = 0
  const port = await listening(createServer((socket) => {
    tries += 1
    socket.destroy()
  }))
  const app = await runHeldApp([nodeConfig('2000', port)])
  closers.push(() => app.close(0))
  watch(app, '2000')
  await until(() => {
    app.clock.advance(500)
    return tries > 20
  }, '20 tries', PATIENCE_MS)
  expect(app.log.map(({ level, message }) => `${level} ${message.slice(0, 9)}`)).toEqual(['warn AMI down:'])
})
