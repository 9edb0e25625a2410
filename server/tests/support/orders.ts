/** What orders over a broker are tested with: an edge beside an Asterisk, a front with a user, and somebody who has the broker's password. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import type { Access } from '../../src/access/access.ts'
import { watchAccounts } from '../../src/accounts.ts'
import { DEFAULT_OPTIONS } from '../../src/config/options.ts'
import { parseOrderFronts } from '../../src/config/orderFronts.ts'
import { systemClock } from '../../src/env/clock.ts'
import { MqttBroker } from '../../src/fleet/broker.ts'
import { correlationOf, readReply, signOrder } from '../../src/fleet/orderToken.ts'
import type { OrderToken } from '../../src/fleet/orderToken.ts'
import { orderTopic, replyTopic } from '../../src/fleet/topics.ts'
import { tap } from '../control/tap.ts'
import type { Tap } from '../control/tap.ts'
import { cookieFor, HASH } from './club.ts'
import { Fleet } from './fleet.ts'
import { logbook, until } from './running.ts'

export const NODE = '546051'
export const OTHER = '546055'
/** The key of the front that the edge knows, and one that it does not. */
export const club = generateKeyPairSync('ed25519')
export const stranger = generateKeyPairSync('ed25519')
/** The edge's list: no DTMF, no permanent links, nothing of KJ6AAA. */
const LIST = `[club]\nkey = ${club.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}\nnodes = ${NODE}\nactions = connect, disconnect\nusers = W5GLE, WB6NIL, W1AW\n`
export const { value: FRONTS } = parseOrderFronts(LIST, 'orders.ini')

/** An order of W5GLE as the front signs it, unless told otherwise. */
export function order(change: Partial<OrderToken> = {}, key = club.privateKey, at = Date.now()): string {
  return signOrder({
    front: 'club', edge: 'shack', user: 'W5GLE', order: { action: 'connect', node: NODE, target: '48752', permanent: false },
    issued: at, expires: at + 10_000, nonce: randomBytes(16).toString('base64url'), ...change,
  }, key)
}

export class OrderStage {
  readonly fleet: Fleet
  readonly #closers: (() => unknown)[] = []
  #ami: Tap | null = null

  private constructor(fleet: Fleet) {
    this.fleet = fleet
    this.onClose(() => fleet.close())
  }

  static async open(): Promise<OrderStage> {
    return new OrderStage(await Fleet.start())
  }

  onClose(close: () => unknown): void {
    this.#closers.push(close)
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close()
  }

  /** What was asked of the Asterisk beside the edge. */
  get sent(): readonly string[] {
    return this.#ami?.commands.map(({ line }) => line) ?? []
  }

  /** A gateway beside an Asterisk, which takes the orders of its list. W5GLE may connect and disconnect there, and WB6NIL and W1AW may not. */
  async edge({ orders = true } = {}) {
    const fake = await this.fleet.fake({ nodes: [NODE, OTHER], links: {} })
    const ami = (this.#ami = await tap(fake.port, Date.now))
    this.onClose(() => { ami.close() })
    const access = await this.#accounts(['W5GLE', 'WB6NIL'], '$CONNECTUSER = array("W5GLE", "W1AW"); $DISCUSER = array("W5GLE");')
    const { lines, log } = logbook()
    /** @param sinceMs how long ago it began: at first it takes no orders */
    const run = (sinceMs: number) => {
      let ahead = -sinceMs
      const clock = { ...systemClock, now: () => Date.now() + ahead }
      const app = this.fleet.edge('shack', { nodes: fake.nodes, port: ami.port }, { access, orderRights: access, log, clock }, undefined, orders ? { fronts: () => FRONTS } : {})
      ahead = 0
      return app
    }
    const app = await run(10_000)
    return { fake, app, lines, again: () => run(0) }
  }

  /** A front whose user has signed in. Its own rights are wider than the edge's. */
  async front({ signKey, user = 'W5GLE' }: { readonly signKey?: KeyObject; readonly user?: string } = {}) {
    const { lines, log } = logbook()
    const access = await this.#accounts([user], `$CONNECTUSER = array("${user}");`)
    const app = await this.fleet.front('club', { access, log }, undefined, signKey === undefined ? {} : { signKey })
    const cookie = await cookieFor(app, user)
    const { csrf_token: token } = (await (await fetch(`${app.url}api/v1/csrf-token`, { headers: { cookie } })).json()) as { csrf_token: string }
    const connect = async () => {
      const response = await fetch(`${app.url}api/v1/nodes/connect`, {
        method: 'POST', headers: { 'content-type': 'application/json', cookie, 'x-csrf-token': token }, body: JSON.stringify({ localnode: NODE, remotenode: '48752' }),
      })
      return { status: response.status, ...((await response.json()) as { message: string; code?: string; data?: { outcome: string; code: string } }) }
    }
    return { app, lines, connect }
  }

  /** Somebody who has the broker's password, and may write and read anything there. */
  async thief() {
    const client = await connectAsync(this.fleet.mosquitto.url, { protocolVersion: 5 })
    this.onClose(() => client.endAsync(true))
    const answers: { readonly code: string; readonly of: string }[] = []
    client.on('message', (topic, payload, packet) => {
      if (topic !== replyTopic('club')) return
      answers.push({ code: readReply(payload.toString())?.result.code ?? '', of: packet.properties?.correlationData?.toString('hex') ?? '' })
    })
    await client.subscribeAsync(replyTopic('club'))
    return {
      client,
      answers,
      codeOf: (payload: string) => answers.filter(({ of }) => of === correlationOf(payload).toString('hex')).map(({ code }) => code),
      bring: (payload: string, retain = false) => client.publishAsync(orderTopic('shack'), payload, {
        retain, properties: { responseTopic: 'supermon-live/v1/edge/shack/status', correlationData: Buffer.from('mine') },
      }),
    }
  }

  /** A connection to the broker as the gateway has it. */
  async broker(clientId: string): Promise<MqttBroker> {
    const broker = new MqttBroker({ url: this.fleet.mosquitto.url, clientId, clock: systemClock, random: Math.random, log: logbook().log })
    this.onClose(() => broker.close())
    await until(() => broker.up, 'connects')
    return broker
  }

  /** @param users who have an account */
  async #accounts(users: readonly string[], authusers: string): Promise<Access> {
    const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
    this.onClose(() => rm(folder, { recursive: true, force: true }))
    const config = join(folder, 'allmon.ini')
    await writeFile(config, [NODE, OTHER].map((id) => `[${id}]\nhost=127.0.0.1\nuser=admin\npasswd=demo\n`).join('\n'))
    await writeFile(join(folder, '.htpasswd'), users.map((user) => `${user}:${HASH}\n`).join(''))
    await writeFile(join(folder, 'authusers.inc'), `<?php\n${authusers}\n`)
    const watch = await watchAccounts(folder, { ...DEFAULT_OPTIONS, config }, { info: () => undefined, warn: () => undefined })
    this.onClose(() => { watch.stop() })
    return watch.access
  }
}
