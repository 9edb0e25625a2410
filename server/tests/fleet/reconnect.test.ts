/** How often a broker that is away is tried. */
import { expect, it } from 'vitest'
import { MqttBroker } from '../../src/fleet/broker.ts'
import { ManualClock } from '../support/manualClock.ts'
import { until } from '../support/running.ts'
import { refusedPort } from '../support/tcpProxy.ts'

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
