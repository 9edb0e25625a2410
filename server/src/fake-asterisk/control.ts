/** The strings that turn the fake from outside. Each settles when the change is made and its events are written. */
import type { AmiPort } from './amiPort.ts'
import { ControlError } from './controlError.ts'
import { nodeState } from './fakeState.ts'
import type { FakeState } from './fakeState.ts'
import { isRedialled } from './link.ts'
import type { Direction, Link, LinkMode } from './link.ts'
import type { RptNode } from './rptNode.ts'
import type { RptServer } from './rptServer.ts'

export interface KeyRequest {
  readonly node: string
  readonly on: boolean
  /** Release after so long. */
  readonly ms?: number
}

export interface LinkKeyRequest extends KeyRequest {
  readonly link: string
}

export interface ConnectRequest {
  readonly node: string
  readonly link: string
  /** 'connecting' = rings and stays so until it is connected in another mode or disconnected. */
  readonly mode?: LinkMode | 'connecting'
  readonly permanent?: boolean
  readonly direction?: Direction
  /** What the far end tells about the nodes behind it, e.g. `['T2001']`. */
  readonly behind?: readonly string[]
}

export interface ReceiverRequest {
  readonly node: string
  readonly receiver: string
  /** 0 to 255; null = moves by itself again. */
  readonly rssi?: number | null
  readonly active?: boolean
}

export class Control {
  readonly #server: RptServer
  readonly #port: AmiPort
  /** Pending releases, by what they release. */
  readonly #releases = new Map<string, () => void>()

  constructor(server: RptServer, port: AmiPort) {
    this.#server = server
    this.#port = port
  }

  /** Opens or closes a node's receiver. */
  async key({ node: id, on, ms }: KeyRequest): Promise<void> {
    const node = this.#node(id)
    node.setRx(on)
    this.#releaseLater(id, on ? ms : undefined, () => {
      node.setRx(false)
    })
    await this.#port.flushed()
  }

  /** A linked station starts or stops talking. */
  async linkKey({ node: id, link: name, on, ms }: LinkKeyRequest): Promise<void> {
    const node = this.#node(id)
    const link = this.#link(node, name)
    if (!link.connected || !link.hasChannel) throw new ControlError(400, 'not-connected', `${name} is CONNECTING, or lost, and cannot talk`)
    node.setLinkKeyed(link, on)
    this.#releaseLater(`${id} ${name}`, on ? ms : undefined, () => {
      node.setLinkKeyed(link, false)
    })
    await this.#port.flushed()
  }

  /** Makes a link, calls it anew in another mode, lets one that is CONNECTING be answered, or one that called us and is lost call again. */
  async connect({
    node: id,
    link: name,
    mode = 'transceive',
    permanent,
    direction,
    behind,
  }: ConnectRequest): Promise<void> {
    const node = this.#node(id)
    if (name === id) throw new ControlError(400, 'bad-link', 'a node cannot be linked to itself')
    const link = node.link(name)
    if (link !== undefined) this.#change(node, link, mode)
    else {
      if (this.#server.nodes.has(name) && this.#server.reachable(node, name)) {
        throw new ControlError(400, 'loop', `${name} is linked to ${id} already, by way of another node`)
      }
      this.#server.connect(node, {
        name,
        mode: mode === 'connecting' ? 'transceive' : mode,
        connected: mode !== 'connecting',
        ...(permanent === undefined ? {} : { permanent }),
        ...(direction === undefined ? {} : { direction }),
        ...(behind === undefined ? {} : { behind }),
      })
    }
    await this.#port.flushed()
  }

  /** Drops a link, a permanent one too, as this end orders it: what the other end hears of that is the knob `farewellsLost`. */
  async disconnect({ node: id, link: name }: { readonly node: string; readonly link: string }): Promise<void> {
    const node = this.#node(id)
    this.#server.disconnect(node, this.#link(node, name))
    await this.#port.flushed()
  }

  /**
   * The far end of a link is gone without a word, and would answer again `ms` later. A permanent link is called after 5 s, and rings until then, with
   * rests; any other one that we called goes after 5 s (but see the knob `redialsAll`), and one that called us after 10 s; a station that is no node
   * goes at once, and so does any link of EchoLink or TheLinkBox.
   */
  async lose({ node: id, link: name, ms }: { readonly node: string; readonly link: string; readonly ms: number }): Promise<void> {
    const node = this.#node(id)
    this.#server.lost(node, this.#link(node, name), ms)
    await this.#port.flushed()
  }

  /** See {@link AmiPort.outage}. */
  async outage({ ms, clean = false }: { readonly ms: number; readonly clean?: boolean }): Promise<void> {
    await this.#port.outage(ms, clean)
  }

  /** See {@link AmiPort.mute}. */
  async mute({ ms }: { readonly ms: number }): Promise<void> {
    this.#port.mute(ms)
    await this.#port.flushed()
  }

  /** Sets a variable of the node's channel. Text is sent as UTF-8, bytes as they are. No event tells about it. */
  async setVar({
    node: id,
    name,
    value,
  }: {
    readonly node: string
    readonly name: string
    readonly value: string | Uint8Array
  }): Promise<void> {
    const node = this.#node(id)
    const text = Buffer.from(value).toString('latin1')
    if (!/^\w+$/.test(name)) throw new ControlError(400, 'bad-name', 'name must be letters, digits and _')
    if (/[\r\n]/.test(text)) throw new ControlError(400, 'bad-value', 'value must not have line breaks')
    node.vars.set(name, text)
    await this.#port.flushed()
  }

  /** Sets what one receiver of a voter node hears. */
  async setReceiver({ node: id, receiver: name, rssi, active }: ReceiverRequest): Promise<void> {
    this.#node(id)
    const receiver = this.#server.voters.get(id)?.receiver(name)
    if (receiver === undefined) throw new ControlError(404, 'no-such-receiver', `${id} has no voter receiver ${name}`)
    if (rssi !== undefined) receiver.rssi = rssi
    if (active !== undefined) receiver.active = active
    await this.#port.flushed()
  }

  state(): FakeState {
    return {
      now: this.#server.clock.now(),
      port: this.#port.port,
      listening: this.#port.listening,
      muted: this.#port.muted,
      sessions: this.#port.sessions.size,
      nodes: Object.fromEntries([...this.#server.nodes].map(([id, node]) => [id, nodeState(node, this.#server)])),
    }
  }

  #change(node: RptNode, link: Link, mode: LinkMode | 'connecting'): void {
    if (mode === 'connecting') {
      if (link.connected) throw new ControlError(400, 'already-connected', `${link.name} is connected already`)
      return
    }
    if (link.connected && !link.hasChannel) this.#server.calledAgain(node, link)
    else if (!link.connected) {
      link.mode = mode
      this.#server.answered(node, link)
    } else if (link.mode !== mode) {
      if (!isRedialled(link)) {
        node.setMode(link, mode)
        return
      }
      const again = this.#server.callAnew(node, link, mode, link.permanent)
      again.behind = link.behind
      this.#server.answered(node, again)
    }
  }

  #releaseLater(what: string, ms: number | undefined, release: () => void): void {
    this.#releases.get(what)?.()
    this.#releases.delete(what)
    if (ms === undefined) return
    this.#releases.set(
      what,
      this.#server.timers.after(ms, () => {
        this.#releases.delete(what)
        release()
      }),
    )
  }

  #node(id: string): RptNode {
    const node = this.#server.nodes.get(id)
    if (node !== undefined) return node
    throw new ControlError(
      404,
      'no-such-node',
      `there is no node ${id} here, only ${[...this.#server.nodes.keys()].join(', ')}`,
    )
  }

  #link(node: RptNode, name: string): Link {
    const link = node.link(name)
    if (link !== undefined) return link
    throw new ControlError(404, 'no-such-link', `node ${node.id} has no link ${name}; connect it first`)
  }
}
