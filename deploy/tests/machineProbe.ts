/**
 * A viewer, run in a scratch machine: node probe.js URL FROM
 * Tries until it is sent a node that Asterisk answers for, and prints how long after FROM (ms since 1970) that was.
 */
import { WebSocket } from 'ws'

const [, , url = '', from = ''] = process.argv
const PATIENCE_MS = 60_000
/** Between two tries, ms. A browser would wait longer; what is measured here is the machine. */
const PAUSE_MS = 50

interface State {
  readonly reach?: string
  readonly links?: object
}

function attempt(): void {
  const socket = new WebSocket(url, ['supermon.v2'], { origin: new URL(url.replace(/^ws/, 'http')).origin, handshakeTimeout: 2_000 })
  socket.on('error', () => undefined)
  socket.on('close', () => { setTimeout(attempt, PAUSE_MS) })
  socket.on('message', (data: Buffer) => {
    // The first snapshot may be from before Asterisk was asked; what is new then comes as a patch.
    const { state, patch } = JSON.parse(data.toString()) as { readonly state?: State; readonly patch?: State }
    const { reach, links } = state ?? patch ?? {}
    if (reach !== 'up') return
    process.stdout.write(`${JSON.stringify({ ms: Date.now() - Number(from), links: Object.keys(links ?? {}).length })}\n`)
    process.exit(0)
  })
}

setTimeout(() => {
  process.stderr.write(`no live row at ${url} within ${PATIENCE_MS} ms\n`)
  process.exit(1)
}, PATIENCE_MS)
attempt()
