import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Control } from './control.ts'
import { ControlBody } from './controlBody.ts'
import { ControlError } from './controlError.ts'

const LARGEST_BODY = 65_536

type Route = (body: ControlBody) => Promise<void>

/** The control port: JSON over HTTP. */
export class ControlHttp {
  readonly #server: Server
  readonly #control: Control
  readonly #routes: ReadonlyMap<string, Route>

  /** `setKnobs` takes what it understands and refuses the rest with a {@link ControlError}. */
  constructor(control: Control, setKnobs: (knobs: Readonly<Record<string, unknown>>) => void) {
    this.#control = control
    this.#routes = routes(control, setKnobs)
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  /** Resolves with the port. Rejects when it is taken. */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    const gone = new Promise<void>((resolve) =>
      this.#server.close(() => {
        resolve()
      }),
    )
    this.#server.closeAllConnections()
    await gone
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = (request.url ?? '/').split('?')[0] ?? '/'
      if (path === '/state') {
        if (request.method !== 'GET') throw new ControlError(405, 'bad-method', 'GET /state')
        send(response, 200, this.#control.state())
        return
      }
      const route = this.#routes.get(path)
      if (route === undefined) {
        throw new ControlError(
          404,
          'no-such-path',
          `there is GET /state and POST ${[...this.#routes.keys()].join(', ')}`,
        )
      }
      if (request.method !== 'POST') throw new ControlError(405, 'bad-method', `POST ${path}`)
      await route(new ControlBody(await readText(request)))
      send(response, 200, { ok: true })
    } catch (error) {
      if (error instanceof ControlError) send(response, error.status, { code: error.code, message: error.message })
      else send(response, 500, { code: 'internal', message: error instanceof Error ? error.message : 'unknown' })
    }
  }
}

function routes(
  control: Control,
  setKnobs: (knobs: Readonly<Record<string, unknown>>) => void,
): ReadonlyMap<string, Route> {
  const ms = (body: ControlBody) => (body.has('ms') ? { ms: body.ms('ms') } : {})
  return new Map<string, Route>([
    ['/key', (b) => control.key({ node: b.id('node'), on: b.flag('on'), ...ms(b) })],
    ['/link-key', (b) => control.linkKey({ node: b.id('node'), link: b.id('link'), on: b.flag('on'), ...ms(b) })],
    [
      '/connect',
      (b) =>
        control.connect({
          node: b.id('node'),
          link: b.id('link'),
          ...(b.has('mode') ? { mode: b.oneOf('mode', ['transceive', 'monitor', 'local-monitor', 'connecting']) } : {}),
          ...(b.has('permanent') ? { permanent: b.flag('permanent') } : {}),
          ...(b.has('direction') ? { direction: b.oneOf('direction', ['IN', 'OUT']) } : {}),
          ...(b.has('behind') ? { behind: b.tokens('behind') } : {}),
        }),
    ],
    ['/disconnect', (b) => control.disconnect({ node: b.id('node'), link: b.id('link') })],
    ['/lose', (b) => control.lose({ node: b.id('node'), link: b.id('link'), ms: b.ms('ms') })],
    ['/outage', (b) => control.outage({ ms: b.ms('ms'), ...(b.has('clean') ? { clean: b.flag('clean') } : {}) })],
    ['/mute', (b) => control.mute({ ms: b.ms('ms') })],
    ['/set-var', (b) => control.setVar({ node: b.id('node'), name: b.text('name'), value: b.text('value') })],
    [
      '/receiver',
      (b) =>
        control.setReceiver({
          node: b.id('node'),
          receiver: b.text('receiver'),
          ...(b.has('rssi') ? { rssi: b.rssi('rssi') } : {}),
          ...(b.has('active') ? { active: b.flag('active') } : {}),
        }),
    ],
    [
      '/knobs',
      (b) => {
        setKnobs(b.all)
        return Promise.resolve()
      },
    ],
  ])
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

async function readText(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > LARGEST_BODY) throw new ControlError(413, 'too-large', `a body has at most ${LARGEST_BODY} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}
