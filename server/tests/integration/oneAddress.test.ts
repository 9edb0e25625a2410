/** A club house, a school, or a proxy that says for nobody whom it speaks: many pages, and one address for all of them. */
import { afterEach, expect, it } from 'vitest'
import { LiveClient } from '../../../frontend/src/services/liveClient.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { DEFAULT_LIMITS } from '../../src/gateway/limits.ts'
import { nodeEnv } from '../support/nodeEnv.ts'
import { nodeConfig, runApp, until } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const NODES = 5
const PAGES = DEFAULT_LIMITS.viewersPerAddress / 2

it(`has places for ${PAGES} pages of ${NODES} nodes; the next one is told why it has none, polls what is right, and has one when somebody leaves`, async () => {
  const fake = await startFakeAsterisk({ nodes: NODES, links: 2 })
  closers.push(() => fake.close())
  const app = await runApp(fake.nodes.map((id) => nodeConfig(id, fake.port)))
  closers.push(() => app.close(0))
  const come = () => {
    const env = { ...nodeEnv(app.url, '', { 'x-forwarded-for': '198.51.100.7' }), random: () => 0 }
    const client = new LiveClient({ env })
    closers.push(() => { client.dispose() })
    for (const id of fake.nodes) void client.ladder.watch(id)
    return client
  }
  const isLive = ({ sockets }: LiveClient) => sockets.getAllConnectedNodes().length === NODES

  const seated: LiveClient[] = []
  while (seated.length < PAGES) {
    const batch = Array.from({ length: 8 }, come)
    seated.push(...batch)
    await until(() => batch.every(isLive), () => `${seated.filter(isLive).length} of ${seated.length} are live`)
  }

  const late = come()
  await until(() => fake.nodes.every((id) => late.ladder.transportOf(id) === 'polling'), 'it polls')
  expect(late.sockets.getNodeState(fake.nodes[0] ?? '')).toMatchObject({ status: 'waiting', reason: { closeCode: 4429, message: expect.stringContaining('too many connections from your address') as string } })
  await fake.key({ node: fake.nodes[4] ?? '', on: true })
  await until(() => late.sockets.currentState(fake.nodes[4] ?? '')?.rx === true, 'a key-up is polled')
  expect(seated.filter(isLive)).toHaveLength(PAGES)

  const viewers = async () => Number(/^supermon_live_viewers\{dialect="supermon\.v2"\} (\d+)$/m.exec(await (await fetch(`${app.url}metrics`)).text())?.[1])
  expect(await viewers()).toBe(DEFAULT_LIMITS.viewersPerAddress)
  seated[0]?.dispose()
  await expect.poll(viewers).toBe(DEFAULT_LIMITS.viewersPerAddress - 2)
  for (const id of fake.nodes) late.sockets.retryConnection(id)
  await until(() => isLive(late), 'it is live')
})
