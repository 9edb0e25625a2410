/** From an upgrade request to a WebSocket: the one place that knows how the socket library is set. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { ServerOptions, WebSocket } from 'ws'
import { CLOSE } from '../../../protocol/closeCodes.ts'
import { SUBPROTOCOL } from '../../../protocol/frames.ts'
import type { LimitName } from './limits.ts'
import type { Meter } from './meter.ts'
import { refuseUpgrade } from './upgradeRequest.ts'

/** Why somebody is sent away who asked for a socket. */
export interface Refusal {
  readonly limit: LimitName
  readonly code: number
  readonly reason: string
}

/** How long a closed socket waits for the other side to agree, ms. */
const CLOSE_MS = 5_000

export class Handshakes {
  readonly #meter: Meter
  readonly #server: WebSocketServer

  /** @param messageBytes longest message that is read; a longer one ends its socket with 1009 */
  constructor(messageBytes: number, meter: Meter) {
    this.#meter = meter
    const options: ServerOptions & { readonly closeTimeout: number } = {
      noServer: true,
      maxPayload: messageBytes,
      perMessageDeflate: false,
      closeTimeout: CLOSE_MS,
      // Pings count as messages, see Viewer.hears.
      autoPong: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    }
    this.#server = new WebSocketServer(options)
    this.#server.on('wsClientError', (error, socket) => {
      meter.refused('handshake', 400)
      refuseUpgrade(socket, { status: 400, code: 'bad-handshake', message: `This is not a WebSocket handshake: ${error.message}.` })
    })
  }

  shake(request: IncomingMessage, socket: Duplex, head: Buffer, then: (ws: WebSocket) => void): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', (error) => {
        if ((error as { code?: string }).code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.#meter.refused('messageBytes', CLOSE.messageTooBig)
      })
      then(ws)
    })
  }

  /** Refuses after the handshake: only then does a browser learn the code and the reason. */
  refuse(ws: WebSocket, { limit, code, reason }: Refusal): void {
    this.#meter.refused(limit, code)
    ws.close(code, reason)
  }

  close(): void {
    this.#server.close()
  }
}
