/**
 * How long from a key-up in Asterisk to the message in a client, and how many short key-ups are never shown?
 * The fake Asterisk and the client are in this process, the gateway is a process of its own.
 */
import { performance } from 'node:perf_hooks'
import { WebSocket } from 'ws'
import { freePort, GatewayProcess, until, writeConfig } from '../frontend/tests/page/stage.ts'
import { startFakeAsterisk } from '../server/src/fake-asterisk/fakeAsterisk.ts'
import { talkers } from '../server/src/fake-asterisk/fakeState.ts'

export interface KeyupFigures {
  readonly keyups: number
  readonly medianMs: number
  readonly p99Ms: number
  readonly shortKeyups: number
  readonly shortSeen: number
}

interface Patch {
  readonly type: string
  readonly state?: { readonly links: Record<string, unknown>; readonly reach: string }
  readonly patch?: { readonly reach?: string; readonly links?: Record<string, { keyed?: boolean } | null> }
}

export async function measureKeyups(count: number): Promise<KeyupFigures> {
  const user = 'admin'
  const secret = 'demo'
  const fake = await startFakeAsterisk({ nodes: 1, links: 20, scenario: 'quiet', seed: 1, user, secret, port: 0, controlPort: null })
  const node = fake.nodes[0] as string
  const config = await writeConfig([{ id: node, port: fake.port, user, secret }])
  const gateway = new GatewayProcess({ port: await freePort(), config: config.path })
  await gateway.start()
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}ws/${node}`, 'supermon.v2')
  const seen: { link: string; keyed: boolean; at: number }[] = []
  let links: string[] = []
  socket.on('message', (data: Buffer) => {
    const at = performance.now()
    const { state, patch } = JSON.parse(data.toString()) as Patch
    if (state) links = Object.keys(state.links)
    if (patch?.links && links.length === 0) links = Object.keys(patch.links)
    for (const [link, change] of Object.entries(patch?.links ?? {})) {
      if (typeof change?.keyed === 'boolean') seen.push({ link, keyed: change.keyed, at })
    }
  })
  try {
    await until(() => links.length > 0)
    await pause(500)
    // Of others polls are all there is, or nothing.
    const announced = talkers(fake.state().nodes[node])
    links = links.filter((link) => announced.includes(link))
    const latencies: number[] = []
    for (let i = 0; i < count; i += 1) {
      const link = links[i % links.length] as string
      for (const on of [true, false]) {
        const from = seen.length
        const start = performance.now()
        await fake.linkKey({ node, link, on })
        const shown = await until(() => seen.slice(from).find((each) => each.link === link && each.keyed === on))
        if (on) latencies.push(shown.at - start)
        await pause(20 + (i % 7) * 5)
      }
    }
    const from = seen.length
    const short = Math.min(count, 100)
    for (let i = 0; i < short; i += 1) {
      const link = links[i % links.length] as string
      await fake.linkKey({ node, link, on: true })
      await pause(150)
      await fake.linkKey({ node, link, on: false })
      await pause(50)
    }
    await pause(200)
    const shortSeen = seen.slice(from).filter(({ keyed }) => keyed).length
    latencies.sort((a, b) => a - b)
    return {
      keyups: count,
      medianMs: round(latencies[Math.floor(count / 2)] ?? Number.NaN),
      p99Ms: round(latencies[Math.floor(count * 0.99)] ?? Number.NaN),
      shortKeyups: short,
      shortSeen,
    }
  } finally {
    socket.terminate()
    await gateway.stop()
    await fake.close()
    await config.remove()
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
function round(ms: number): number {
  return Math.round(ms * 100) / 100
}
