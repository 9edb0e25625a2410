/** How often a broker that is away is tried, and how long one that says nothing more is waited for at the end: not long. */
import { afterEach, describe, expect, it } from 'vitest'
import { MqttBroker } from '../../src/fleet/broker.ts'
import { letRun, ManualClock } from '../support/manualClock.ts'
import { Mosquitto } from '../support/mosquitto.ts'
import { logbook, passUntil, until } from '../support/running.ts'
import { refusedPort } from '../support/tcpProxy.ts'

it('tries ever less often, and again within 5 s however long the broker was away', async () => {
  const clock = new ManualClock()
  const waits: number[] = []
  const { host, port } = await refusedPort()
  const broker = new MqttBroker({
    url: `mqtt://${host}:${port}`, clientId: 'edge-shack', random: () => 1, log: { info: () => undefined, warn: () => undefined },
    clock: {
      now: () => clock.now(), monotonic: () => clock.monotonic(), clearTimeout: (timer) => { clock.clearTimeout(timer) },
      setTimeout: (fn, ms) => {
        waits.push(ms)
        return clock.setTimeout(fn, ms)
      },
    },
  })
  for (const i of [0, 1, 2, 3, 4, 5]) {
    await until(() => waits.length > i, `try ${i + 1} has failed`)
    clock.advance(waits[i] ?? 0)
  }
  await until(() => waits.length > 6, 'the last try has failed')
  await broker.close()
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000])
})

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function behindWay() {
  const mosquitto = await Mosquitto.start()
  closers.push(() => mosquitto.stop())
  const way = mosquitto.way()
  await way.listen()
  closers.push(() => way.close())
  const clock = new ManualClock()
  const { lines, log } = logbook()
  const broker = new MqttBroker({ url: `mqtt://127.0.0.1:${way.port}`, clientId: 'edge-shack', clock, random: () => 1, log })
  closers.push(() => broker.close())
  return { way, clock, broker, lines }
}

it('a connection that does not last makes the next wait no shorter, and one that held does', async () => {
  const { way, clock, broker, lines } = await behindWay()
  const lose = async (afterMs: number) => {
    await until(() => broker.up, 'connects')
    clock.advance(afterMs)
    way.cut()
    await until(() => !broker.up, 'is lost')
    const wait = clock.nextIn
    clock.advance(wait)
    return wait
  }
  const waits: number[] = []
  for (const afterMs of [0, 9_999, 10_000, 60_000, 1_000, 0]) waits.push(await lose(afterMs))
  expect(waits).toEqual([500, 1_000, 500, 500, 1_000, 2_000])
  expect(lines.flatMap(({ code }) => code ?? [])).toEqual([])
})

it('a broker that ends a connection for another of the same name: the log says what to do', async () => {
  const { way, clock, broker, lines } = await behindWay()
  await until(() => broker.up, 'connects')
  clock.advance(60_000)
  // DISCONNECT, reason 0x8E.
  way.inject(Uint8Array.of(0xe0, 1, 0x8e))
  await until(() => broker.fault !== null, 'is told')
  way.cut()
  await until(() => !broker.up, 'is lost')
  expect(lines.filter(({ code }) => code !== undefined)).toEqual([expect.objectContaining({ code: 'mqtt-same-name', message: expect.stringContaining('MQTT broker: another gateway connected under the name of this one') as string })])
})

it('two gateways of one name throw each other off ever more slowly, and both logs say why, whether or not the broker does', async () => {
  const mosquitto = await Mosquitto.start()
  closers.push(() => mosquitto.stop())
  const clock = new ManualClock()
  const logs = [0, 1].map(() => {
    const { lines, log } = logbook()
    const broker = new MqttBroker({ url: mosquitto.url, clientId: 'edge-shack', clock, random: () => 1, log })
    closers.push(() => broker.close())
    return lines
  })
  const from = clock.now()
  const hold = letRun(clock)
  closers.push(hold)
  await until(() => clock.now() > from + 40_000, '40 s have passed', 20_000)
  hold()
  for (const lines of logs) {
    expect(lines.find(({ code }) => code !== undefined)).toMatchObject({ code: 'mqtt-same-name', message: expect.stringContaining('ive each a --mqtt-name of its own') as string })
    // Half a second each time would be forty.
    expect(lines.filter(({ message }) => message === 'MQTT broker connected').length).toBeLessThan(12)
  }
}, 30_000)

describe('the end of a connection', () => {
  /** One message is on its way to a broker that does not confirm it. */
  async function unconfirmed() {
    const clock = new ManualClock()
    const mosquitto = await Mosquitto.start()
    closers.push(() => mosquitto.stop())
    const way = mosquitto.way()
    await way.listen()
    closers.push(() => way.close())
    const broker = new MqttBroker({ url: `mqtt://127.0.0.1:${way.port}`, clientId: 'edge-shack', clock, random: () => 1, log: { info: () => undefined, warn: () => undefined } })
    closers.push(() => broker.close())
    await until(() => broker.up, 'connects')
    way.mute(true)
    broker.publish('supermon-live/v1/edge/shack/status', '{}', { qos: 1 })
    return { broker, way, clock }
  }

  it('does not wait for a broker that is there and says nothing', async () => {
    const { broker, clock } = await unconfirmed()
    let isOver = false
    const closed = broker.close().then(() => { isOver = true })
    expect(await passUntil(clock, () => isOver, 'is over')).toBeLessThan(2_000)
    await closed
    await until(() => !broker.up, 'is let go')
  })

  it('does not wait for one that is gone', async () => {
    const { broker, way } = await unconfirmed()
    way.cut()
    await until(() => !broker.up, 'is lost')
    await broker.close()
    expect(broker.up).toBe(false)
  })
})
