/** How often a broker that is away is tried, and how long one that says nothing more is waited for at the end: not long. */
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/env/clock.ts'
import { MqttBroker } from '../../src/fleet/broker.ts'
import { ManualClock } from '../support/manualClock.ts'
import { Mosquitto } from '../support/mosquitto.ts'
import { until } from '../support/running.ts'
import { refusedPort, TcpProxy } from '../support/tcpProxy.ts'

it('tries ever less often, and again within 5 s however long the broker was away', async () => {
  const clock = new ManualClock()
  const waits: number[] = []
  const { host, port } = await refusedPort()
  const broker = new MqttBroker({
    url: `mqtt://${host}:${port}`, clientId: 'edge-shack', random: () => 1, log: { info: () => undefined, warn: () => undefined },
    clock: {
      now: () => clock.now(), clearTimeout: (timer) => { clock.clearTimeout(timer) },
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

describe('the end of a connection', () => {
  const closers: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })

  /** One message is on its way to a broker that does not confirm it. */
  async function unconfirmed() {
    const mosquitto = await Mosquitto.start()
    closers.push(() => mosquitto.stop())
    const way = new TcpProxy(mosquitto.port)
    await way.listen()
    closers.push(() => way.close())
    const broker = new MqttBroker({ url: `mqtt://127.0.0.1:${way.port}`, clientId: 'edge-shack', clock: systemClock, random: () => 1, log: { info: () => undefined, warn: () => undefined } })
    closers.push(() => broker.close())
    await until(() => broker.up, 'connects')
    way.mute(true)
    broker.publish('supermon-live/v1/edge/shack/status', '{}', { qos: 1 })
    return { broker, way }
  }

  it('does not wait for a broker that is there and says nothing', async () => {
    const { broker } = await unconfirmed()
    await broker.close()
    await until(() => !broker.up, 'is let go')
  }, 8_000)

  it('does not wait for one that is gone', async () => {
    const { broker, way } = await unconfirmed()
    way.cut()
    await until(() => !broker.up, 'is lost')
    await broker.close()
    expect(broker.up).toBe(false)
  }, 8_000)
})
