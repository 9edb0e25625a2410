/** Those who watch a node for the gateway's cases: by socket, or by polling once a second. */
import { get } from 'node:http'
import type { Agent } from 'node:http'
import { performance } from 'node:perf_hooks'
import { WebSocket } from 'ws'

/** One who watches: how much came, and since when he sees somebody talk, or nobody. */
export interface Watcher {
  readonly bytes: () => number
  messages: number
  pings: number
  /** When the last change was seen, by `performance.now()`. */
  sawAt: number
  talks: boolean
  close: () => void
}

export async function watchBySocket(url: string, node: string, shared: boolean): Promise<Watcher> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}ws${shared ? '' : `/${node}`}`, 'supermon.v2')
  if (shared) socket.on('open', () => { socket.send(JSON.stringify({ type: 'subscribe', nodes: [{ node }] })) })
  let stream: { bytesRead: number } | null = null
  socket.on('upgrade', (response) => { stream = response.socket })
  const watcher: Watcher = { bytes: () => stream?.bytesRead ?? 0, messages: 0, pings: 0, sawAt: 0, talks: false, close: () => { socket.terminate() } }
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('ping', () => { watcher.pings += 1 })
    socket.on('message', (data: Buffer) => {
      watcher.messages += 1
      if (data.includes('"keyed":true') && !data.includes('"snapshot"')) saw(watcher, true)
      else if (data.includes('"keyed":false') && !data.includes('"snapshot"')) saw(watcher, false)
      if (data.includes('"snapshot"')) resolve()
    })
    socket.on('close', (code) => { reject(new Error(`closed with ${code}`)) })
  })
  return watcher
}

export async function watchByPolling(url: string, node: string, agent: Agent): Promise<Watcher> {
  let bytes = 0
  const watcher: Watcher = { bytes: () => bytes, messages: 0, pings: 0, sawAt: 0, talks: false, close: () => undefined }
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      get(`${url}api/v1/nodes/ami/status?nodes=${node}`, { agent }, (response) => {
        let text = ''
        const head = response.rawHeaders.reduce((length, part) => length + part.length + 2, 19)
        response.setEncoding('utf8')
        response.on('data', (piece: string) => { text += piece })
        response.on('end', () => {
          watcher.messages += 1
          bytes += head + Buffer.byteLength(text)
          if (text.includes('"keyed":"yes"') !== watcher.talks) saw(watcher, !watcher.talks)
          resolve()
        })
      }).on('error', reject)
    })
  await ask()
  const timer = setInterval(() => { ask().catch(() => undefined) }, 1_000)
  watcher.close = () => { clearInterval(timer) }
  return watcher
}

function saw(watcher: Watcher, talks: boolean): void {
  watcher.talks = talks
  watcher.sawAt = performance.now()
}
