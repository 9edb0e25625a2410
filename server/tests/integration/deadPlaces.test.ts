/** Sockets whose link was cut without a word hold places of their address: until somebody else wants one. */
import { afterEach, expect, it } from 'vitest'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { openSocket } from '../support/club.ts'
import { nodeConfig, runHeldApp, until } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const SWEEP_MS = 5_000

async function scene() {
  const fake = await startFakeAsterisk({ nodes: 1, links: 1 })
  closers.push(() => fake.close())
  const app = await runHeldApp(fake.nodes.map((id) => nodeConfig(id, fake.port)), { limits: { viewersPerAddress: 2, viewersPerLoopback: 2 } })
  closers.push(() => app.close(0))
  const come = async (headers: Record<string, string>) => {
    const seen = Object.assign(openSocket(app, `ws/${fake.nodes[0] ?? ''}`, headers), { pings: 0 })
    seen.socket.on('ping', () => { seen.pings += 1 })
    closers.push(() => { seen.socket.terminate() })
    await until(() => seen.types.includes('snapshot') || seen.code !== null, 'seated or refused')
    return seen
  }
  /** All that it was sent is read, and the gateway has read all its answers. */
  const heard = async ({ socket, types }: Awaited<ReturnType<typeof come>>) => {
    const pongs = () => types.filter((type) => type === 'pong').length
    const before = pongs()
    socket.send('{"type":"ping"}')
    await until(() => pongs() > before, 'a pong')
  }
  return { clock: app.clock, come, heard }
}

it.each([
  ['an address', { 'x-forwarded-for': '198.51.100.7' }],
  ['a crowd behind one address of this machine', {}],
])('K-4 a place of %s that a dead socket holds is free within 10 s once somebody wants it', async (_whose, address) => {
  const { clock, come, heard } = await scene()
  const [dead, alive, other] = [await come(address), await come(address), await come({ 'x-forwarded-for': '203.0.113.9' })]
  // It reads nothing any more, so it answers no ping; the gateway's end of it stays open.
  dead.socket.pause()
  clock.advance(4 * SWEEP_MS)
  await heard(alive)
  expect(alive.pings).toBe(0)

  for (let tries = 0; tries < 3; tries += 1) expect((await come(address)).code).toBe(4429)
  await heard(alive)
  await heard(other)
  expect([alive.pings, other.pings]).toEqual([1, 0])
  clock.advance(SWEEP_MS)
  expect((await come(address)).code).toBe(4429)

  clock.advance(SWEEP_MS)
  await heard(other)
  expect((await come(address)).code).toBeNull()
  expect([alive.code, alive.pings]).toEqual([null, 1])
})
