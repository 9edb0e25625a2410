/**
 * From a radio to a viewer, over a real Asterisk with app_rpt: how long it takes, and how much of it is Asterisk's own. Two Asterisks and the gateway
 * are processes of their own; the radio, the viewers and one who reads AMI beside the gateway are in this one.
 */
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { WebSocket } from 'ws'
import { freePort, GatewayProcess, until, writeConfig } from '../frontend/tests/page/stage.ts'
import { Radio } from '../server/tests/asterisk/radio.ts'
import { RealAsterisk } from '../server/tests/asterisk/realAsterisk.ts'

const NODE = '546051'
const FAR = '48752'
/** What is measured to, as evidence has it. */
export const OWN_VIEWER = 'the message at a viewer of this node'

export interface Delay {
  readonly to: string
  readonly change: 'key-up' | 'release'
  readonly p50Ms: number
  readonly p99Ms: number
  readonly mostMs: number
  /** Changes that never came, within 2 s. */
  readonly missed: number
}

export interface RadioFigures {
  /** What it calls itself. */
  readonly asterisk: string
  readonly keyups: number
  readonly delays: readonly Delay[]
}

/** What came, and when. */
class Ear {
  #heard: { readonly on: boolean; readonly at: number }[] = []
  readonly #delays = { 'key-up': [] as number[], release: [] as number[] }
  readonly #missed = { 'key-up': 0, release: 0 }

  readonly to: string

  constructor(to: string) {
    this.to = to
  }

  hears(on: boolean): void {
    this.#heard.push({ on, at: performance.now() })
  }

  async waitFor(on: boolean, since: number): Promise<void> {
    const change = on ? 'key-up' : 'release'
    try {
      this.#delays[change].push((await until(() => this.#heard.find((each) => each.on === on && each.at >= since), 2_000)).at - since)
    } catch {
      this.#missed[change] += 1
    }
    this.#heard = []
  }

  figures(change: Delay['change']): Delay {
    const sorted = this.#delays[change].toSorted((a, b) => a - b)
    const at = (share: number) => Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN) * 10) / 10
    return { to: this.to, change, p50Ms: at(0.5), p99Ms: at(0.99), mostMs: at(1), missed: this.#missed[change] }
  }
}

export async function measureRadio(keyups: number): Promise<RadioFigures> {
  const closers: (() => unknown)[] = []
  try {
    const here = await RealAsterisk.create([NODE])
    const there = await RealAsterisk.create([FAR])
    closers.push(() => here.close(), () => there.close())
    const where = { [NODE]: here.ports.iax, [FAR]: there.ports.iax }
    await Promise.all([here.start(where), there.start(where)])
    const account = { user: 'admin', secret: 'demo' }
    const config = await writeConfig([{ id: NODE, port: here.ports.ami, ...account }, { id: FAR, port: there.ports.ami, ...account }])
    closers.push(() => config.remove())
    const gateway = new GatewayProcess({ port: await freePort(), config: config.path })
    await gateway.start()
    closers.push(() => gateway.stop())

    const ears = [new Ear('the event on AMI'), new Ear(OWN_VIEWER), new Ear('the message at a viewer of the node it is linked to')] as const
    const [event, own, linked] = ears
    closers.push(listenToAmi(here.ports.ami, (on) => { event.hears(on) }))
    closers.push(listenTo(gateway.url, NODE, ({ rx }) => { if (typeof rx === 'boolean') own.hears(rx) }))
    closers.push(listenTo(gateway.url, FAR, ({ links }) => {
      const keyed = links?.[NODE]?.keyed
      if (typeof keyed === 'boolean') linked.hears(keyed)
    }))
    await here.cli(`rpt cmd ${NODE} ilink 3 ${FAR}`)
    // That they are linked is said on the air, which takes some seconds.
    await new Promise((resolve) => setTimeout(resolve, 10_000))

    const radio = new Radio(here.ports.radio)
    closers.push(() => { radio.close() })
    for (let i = 0; i < keyups; i += 1) {
      for (const on of [true, false]) {
        const since = on ? radio.key() : radio.unkey()
        await Promise.all(ears.map((ear) => ear.waitFor(on, since)))
        // Never in step with app_rpt's 20 ms.
        await new Promise((resolve) => setTimeout(resolve, 200 + (i * 7) % 23))
      }
    }
    return { asterisk: (await here.cli('core show version')).split(' built')[0]?.trim() ?? '', keyups, delays: (['key-up', 'release'] as const).flatMap((change) => ears.map((ear) => ear.figures(change))) }
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

/** One who reads AMI as it comes, beside the gateway. */
function listenToAmi(port: number, hears: (on: boolean) => void): () => void {
  const socket = connect(port, '127.0.0.1')
  socket.write('Action: Login\r\nUsername: reader\r\nSecret: demo\r\n\r\n')
  let text = ''
  socket.on('data', (data: Buffer) => {
    const messages = (text + data.toString('latin1')).split('\r\n\r\n')
    text = messages.pop() ?? ''
    for (const message of messages) {
      if (message.includes('Event: RPT_RXKEYED')) hears(/^EventValue: 1/m.test(message))
    }
  })
  socket.on('error', () => undefined)
  return () => { socket.destroy() }
}

interface Change {
  readonly rx?: boolean | null
  readonly links?: Readonly<Record<string, { readonly keyed?: boolean | null } | null>>
}

function listenTo(url: string, node: string, sees: (change: Change) => void): () => void {
  const socket = new WebSocket(`${url.replace('http', 'ws')}ws/${node}`, 'supermon.v2')
  socket.on('message', (data: Buffer) => {
    const { type, patch } = JSON.parse(data.toString()) as { type: string; patch?: Change }
    if (type === 'patch' && patch !== undefined) sees(patch)
  })
  socket.on('error', () => undefined)
  return () => { socket.terminate() }
}
