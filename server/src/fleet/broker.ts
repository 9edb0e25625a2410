/**
 * One connection to an MQTT 5 broker, which comes back by itself. Nothing is queued while it is away: whoever publishes learns
 * that and says the newest once it is back, so that no backlog can grow.
 */
import { connect } from 'mqtt'
import type { IClientOptions, IClientPublishOptions, MqttClient } from 'mqtt'
import type { Clock, Random, Timer } from '../env/clock.ts'
import { brokerFault, CLOSED, ENDED_SOON, endFault } from './brokerFault.ts'
import type { BrokerFault } from './brokerFault.ts'

export interface BrokerMessage {
  readonly topic: string
  readonly payload: string
  /** It was kept by the broker, and may be old. */
  readonly retained: boolean
  /** Of an answer: what the request was told by. Of a request: what its answer is to carry. null = it is neither. */
  readonly correlation: Buffer | null
}
/** Where an answer goes, and what tells which request it belongs to. */
export interface AnswerTo {
  readonly topic: string
  readonly correlation: Buffer
}

export interface PublishOptions {
  readonly retain?: boolean
  /** The broker forgets it after so long, s. */
  readonly expiresIn?: number
  /** 1 = the broker confirms it. Default 0: what is lost is found by its number. */
  readonly qos?: 0 | 1
  /** For answers: what the request named. For requests: where the answer is to go. */
  readonly answerTo?: AnswerTo
}

export interface Broker {
  readonly up: boolean
  /** Bytes that were written and that the broker has not taken. */
  readonly backlog: number
  /** Since this object began. Bytes are those of payloads. */
  readonly traffic: { readonly sentMessages: number; readonly sentBytes: number; readonly receivedMessages: number; readonly receivedBytes: number }
  /** False = the broker is away, and nothing was kept. */
  publish(topic: string, payload: string, options?: PublishOptions): boolean
  /** Hears what matches from now on, also after the connection was lost. Returns the way out. */
  subscribe(filter: string, listener: (message: BrokerMessage) => void): () => void
  /** Calls back each time the connection is there, or gone. Returns the way out. */
  onUp(listener: () => void): () => void
  onDown(listener: () => void): () => void
  /** Lets go, without the Last Will. */
  close(): Promise<void>
}

export interface BrokerOptions {
  /** `mqtt://host:1883` or `mqtts://host:8883`; without user and password, which stand below. */
  readonly url: string
  readonly clientId: string
  readonly username?: string
  readonly password?: string
  /** PEM. */
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
  /** Said by the broker, and kept by it, once we have been away for {@link WILL_DELAY_S}. */
  readonly will?: { readonly topic: string; readonly payload: string }
  readonly clock: Clock
  readonly random: Random
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void }
}

/** A blip of the network is no news, s. */
export const WILL_DELAY_S = 3
/** The broker holds us for gone after one and a half of these without a sign, s. */
const KEEPALIVE_S = 10
const CONNECT_MS = 10_000
/** For the last messages to be confirmed; a gateway that is stopped has 5 s in all. */
const CLOSE_MS = 1_000
/** Edges and fronts are hundreds, not tens of thousands like viewers: a broker bears all of them every few seconds. */
const BACKOFF = { firstMs: 500, mostMs: 5_000 } as const
/** After so long the next loss is a first one again, ms: a connection that is ended each time soon after it was there is none. */
const HELD_MS = 10_000
/** So many in a row that did not hold are no chance. */
const MANY_BRIEF = 3

export class MqttBroker implements Broker {
  readonly #options: BrokerOptions
  readonly #client: MqttClient
  readonly #filters = new Map<string, Set<(message: BrokerMessage) => void>>()
  /** Those that match more than one topic: few, and all that are looked through for each message. */
  readonly #wide = new Map<string, Set<(message: BrokerMessage) => void>>()
  readonly #up = new Set<() => void>()
  readonly #down = new Set<() => void>()
  readonly traffic = { sentMessages: 0, sentBytes: 0, receivedMessages: 0, receivedBytes: 0 }
  #isUp = false
  #tries = 0
  /** While it is away: until the next try. While it is there: until that has held. */
  #timer: Timer
  /** Connections in a row that have not held, the present one included. */
  #brief = 0
  #closing = false
  /** Of this try it was said why it failed. */
  #explained = false
  #fault: BrokerFault | null = null
  #refusalSaid = false

  constructor(options: BrokerOptions) {
    this.#options = options
    this.#client = connect(options.url, clientOptions(options))
    this.#client.on('connect', () => { this.#onUp() })
    this.#client.on('close', () => { this.#onClose() })
    this.#client.on('error', (error) => {
      const fault = brokerFault(error)
      // One that had answered was not closed before that: that it is lost is said in any case.
      if (!this.#isUp || fault !== CLOSED) this.#say(fault)
    })
    this.#client.on('disconnect', ({ reasonCode }) => {
      const fault = endFault(reasonCode)
      if (fault !== null && !this.#closing) this.#say(fault)
    })
    this.#client.on('message', (topic, payload, packet) => {
      this.traffic.receivedMessages += 1
      this.traffic.receivedBytes += payload.length
      const correlation = packet.properties?.correlationData ?? null
      this.#dispatch({ topic, payload: payload.toString('utf8'), retained: packet.retain, correlation })
    })
  }

  get up(): boolean {
    return this.#isUp
  }

  /** What has kept us from it since it was up last; null = nothing so far. */
  get fault(): BrokerFault | null {
    return this.#fault
  }

  get backlog(): number {
    return this.#client.stream.writableLength
  }

  publish(topic: string, payload: string, { retain = false, expiresIn, qos = 0, answerTo }: PublishOptions = {}): boolean {
    if (!this.#isUp) return false
    const properties: NonNullable<IClientPublishOptions['properties']> = {}
    if (expiresIn !== undefined) properties.messageExpiryInterval = expiresIn
    if (answerTo !== undefined) {
      properties.correlationData = answerTo.correlation
      // An answer goes to that topic; a request names it.
      if (answerTo.topic !== topic) properties.responseTopic = answerTo.topic
    }
    this.traffic.sentMessages += 1
    this.traffic.sentBytes += Buffer.byteLength(payload)
    this.#client.publish(topic, payload, { retain, qos, properties }, (error) => {
      // A reason of MQTT is the broker's; all other errors are of a connection that is gone.
      if (typeof (error as { readonly code?: unknown } | undefined)?.code === 'number') this.#sayRefusal(topic)
    })
    return true
  }

  subscribe(filter: string, listener: (message: BrokerMessage) => void): () => void {
    let listeners = this.#filters.get(filter)
    if (listeners === undefined) {
      this.#filters.set(filter, (listeners = new Set()))
      if (filter.includes('+')) this.#wide.set(filter, listeners)
      if (this.#isUp) this.#ask([filter])
    }
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size > 0 || this.#filters.get(filter) !== listeners) return
      this.#filters.delete(filter)
      this.#wide.delete(filter)
      if (this.#isUp) this.#client.unsubscribe(filter, () => undefined)
    }
  }

  onUp(listener: () => void): () => void {
    this.#up.add(listener)
    return () => { this.#up.delete(listener) }
  }

  onDown(listener: () => void): () => void {
    this.#down.add(listener)
    return () => { this.#down.delete(listener) }
  }

  /** A broker that is gone, or says nothing, confirms no message any more: it is not waited for. */
  async close(): Promise<void> {
    const { clock } = this.#options
    this.#closing = true
    clock.clearTimeout(this.#timer)
    if (!this.#isUp) {
      await this.#client.endAsync(true)
      return
    }
    await new Promise<void>((resolve) => {
      const deadline = clock.setTimeout(() => {
        this.#client.stream.destroy()
        resolve()
      }, CLOSE_MS)
      void this.#client.endAsync().finally(() => {
        clock.clearTimeout(deadline)
        resolve()
      })
    })
  }

  #onUp(): void {
    this.#isUp = true
    this.#fault = null
    this.#refusalSaid = false
    const { clock, log } = this.#options
    clock.clearTimeout(this.#timer)
    this.#brief += 1
    this.#timer = clock.setTimeout(() => {
      this.#tries = 0
      this.#brief = 0
    }, HELD_MS)
    log.info({ broker: this.#options.url }, 'MQTT broker connected')
    if (this.#filters.size > 0) this.#ask([...this.#filters.keys()])
    for (const listener of [...this.#up]) listener()
  }

  #onClose(): void {
    const was = this.#isUp
    this.#isUp = false
    if (was && !this.#closing) this.#options.log.warn({ broker: this.#options.url }, 'MQTT broker lost; trying again')
    if (was) for (const listener of [...this.#down]) listener()
    if (this.#closing) return
    if (!this.#explained && (!was || this.#brief >= MANY_BRIEF)) this.#say(was ? ENDED_SOON : CLOSED)
    const { clock, random } = this.#options
    const ceiling = Math.min(BACKOFF.firstMs * 2 ** this.#tries, BACKOFF.mostMs)
    this.#tries += 1
    clock.clearTimeout(this.#timer)
    this.#timer = clock.setTimeout(() => {
      this.#explained = false
      this.#client.reconnect()
    }, ceiling / 2 + (ceiling / 2) * random())
  }

  /** What keeps us from it is worth a line, its repetition is not. */
  #say(fault: BrokerFault): void {
    this.#explained = true
    const { code, message } = fault
    const said = this.#fault?.message === message
    this.#fault = fault
    if (said) return
    this.#options.log.warn({ broker: this.#options.url, code }, `MQTT broker: ${message}`)
  }

  #sayRefusal(topic: string): void {
    if (this.#refusalSaid) return
    this.#refusalSaid = true
    this.#options.log.warn({ topic }, 'MQTT broker refuses what this gateway says there; check its access list')
  }

  #ask(filters: string[]): void {
    this.#client.subscribe(filters, { qos: 1 }, (error, granted) => {
      const refused = (granted ?? []).filter(({ qos }) => qos >= 128).map(({ topic }) => topic)
      if (refused.length > 0) this.#options.log.warn({ topics: refused.slice(0, 3) }, 'MQTT broker refuses what this gateway must read; check its access list')
      else if (error && this.#isUp) this.#say(brokerFault(error))
    })
  }

  #dispatch(message: BrokerMessage): void {
    const exact = this.#filters.get(message.topic)
    if (exact !== undefined) for (const listener of [...exact]) listener(message)
    for (const [filter, listeners] of this.#wide) {
      if (matches(filter, message.topic)) for (const listener of [...listeners]) listener(message)
    }
  }
}

function matches(filter: string, topic: string): boolean {
  const levels = topic.split('/')
  const wanted = filter.split('/')
  return levels.length === wanted.length && wanted.every((level, index) => level === '+' || level === levels[index])
}

function clientOptions({ clientId, username, password, ca, cert, key, will }: BrokerOptions): IClientOptions {
  return {
    protocolVersion: 5,
    clientId,
    clean: true,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_MS,
    // Ours, with jitter: a broker that comes back is not met by everybody at once.
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    // A session that ended would say the Last Will at once.
    properties: { sessionExpiryInterval: WILL_DELAY_S * 2 },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(will === undefined
      ? {}
      : { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true, properties: { willDelayInterval: WILL_DELAY_S } } }),
  }
}
