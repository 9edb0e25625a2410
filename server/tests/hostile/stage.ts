/** The gateway with one healthy Asterisk behind a tap, and a viewer who must not notice what strangers do. */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { AppOptions } from '../../src/app.ts'
import { nodeConfig, runApp, until, Watcher } from '../support/running.ts'

export const NODE = '546051'

/** All bytes that went to Asterisk through it. */
async function tap(target: number): Promise<{ port: number; sent(): string; close(): void }> {
  const chunks: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => { near.destroy(); far.destroy(); sockets.delete(socket) })
    }
    near.on('data', (data: Buffer) => { chunks.push(data); far.write(data) })
    far.pipe(near)
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return {
    port: (server.address() as AddressInfo).port,
    sent: () => Buffer.concat(chunks).toString('latin1'),
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

export async function stage(options: Partial<AppOptions> = {}) {
  const fake = await startFakeAsterisk({ nodes: [NODE, '546055'], links: 2, secret: 'S3cret-of-AMI' })
  const ami = await tap(fake.port)
  const app = await runApp([NODE, '546055'].map((id) => nodeConfig(id, ami.port, 'S3cret-of-AMI')), options)
  const viewer = new Watcher(app, NODE)
  await viewer.up()
  let keyups = 0
  let playing = true
  const net = (async () => {
    while (playing) {
      await fake.key({ node: NODE, on: ++keyups % 2 === 1 })
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    if (keyups % 2 === 1) await fake.key({ node: NODE, on: ++keyups % 2 === 1 })
  })()

  return {
    app,
    ami,
    fake,
    viewer,
    /** Ends the net and says what the viewer saw of it: every key-up, in order, without a gap. */
    async verdict() {
      playing = false
      await net
      const patches = () => viewer.frames.filter((frame) => frame.type === 'patch')
      const seen = () => patches().filter(({ patch }) => typeof patch.rx === 'boolean' && patch.reach === undefined).length
      await until(() => seen() >= keyups, () => `${keyups} key-ups and releases, ${seen()} seen`)
      const gaps = patches().filter(({ seq }, i, all) => i > 0 && seq !== (all[i - 1]?.seq ?? 0) + 1)
      return { keyups, seen: seen(), gaps: gaps.length, closed: viewer.closed }
    },
    async end() {
      playing = false
      await net
      viewer.close()
      await app.close(0)
      ami.close()
      await fake.close()
    },
  }
}

/** Only these lines may reach Asterisk, whatever strangers send. */
const ALLOWED = [
  /^Action: (Challenge|Login|Ping|RptStatus|Command|VoterStatus|Logoff)$/,
  /^ActionID: [0-9A-Za-z-]+$/, /^AuthType: MD5$/, /^Username: admin$/, /^Key: [0-9a-f]{32}$/, /^Events: [a-z,]+$/,
  /^COMMAND: (XStat|SawStat)$/, /^NODE: (546051|546055)$/, /^Command: echolink dbget nodename \d{1,6}$/, /^$/,
]

/** Lines to Asterisk that are none of these. */
export function strangeLines(sent: string): string[] {
  return sent.split('\r\n').filter((line) => !ALLOWED.some((pattern) => pattern.test(line)))
}
