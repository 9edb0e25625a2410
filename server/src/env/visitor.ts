import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { isLoopback } from './addressPace.ts'

/** Who stands at the other end of a request, as far as it can be known. */
export interface Visitor {
  readonly address: string
  /** Did the visitor come over TLS? */
  readonly secure: boolean
  /** Names that this server goes by for the visitor: `Host`, and what proxies say it was for them. */
  readonly hosts: readonly string[]
  /** Somebody else spoke for the visitor. */
  readonly proxied: boolean
  /** Many may stand behind the address: it is this machine's, or a trusted proxy's that did not say for whom it speaks. */
  readonly crowd: boolean
}

/** The parts of a request that tell; header names in lower case. */
export interface Approach {
  readonly remoteAddress: string | undefined
  readonly header: (name: string) => string | undefined
}

const MOST_KNOWN = 1_000

/**
 * Proxies that are believed when they speak for somebody else. What others write into `X-Forwarded-*` is what they like,
 * and does not count; nor does, of a list, what stands before the first address that is no proxy's.
 */
export class Proxies {
  readonly #trusted = new BlockList()
  /** Asked of the list before: it takes longer to answer than all else that is done for a request at the door. */
  readonly #known = new Map<string, boolean>()

  /**
   * @param trusted addresses and networks, `10.0.0.0/8`, besides this machine's own: its web server mostly stands between the gateway and a
   *   proxy elsewhere. Who names some of 127.0.0.0/8 means those of it alone.
   */
  constructor(trusted: readonly string[] = []) {
    const local = trusted.some((entry) => entry.startsWith('127.')) ? [] : ['127.0.0.0/8']
    for (const entry of ['::1', ...local, ...trusted]) {
      const [address = '', bits] = entry.split('/')
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
      if (bits === undefined) this.#trusted.addAddress(address, family)
      else this.#trusted.addSubnet(address, Number(bits), family)
    }
  }

  visitorOf({ remoteAddress, header }: Approach): Visitor {
    const peer = plainAddress(remoteAddress ?? '') ?? ''
    const host = header('host')
    const own = host === undefined ? [] : [host]
    if (!this.#trusts(peer)) return { address: peer, secure: false, hosts: own, proxied: false, crowd: isLoopback(peer) }
    const forwarded = listOf(header('x-forwarded-for'))
    let address = peer
    while (this.#trusts(address)) {
      const before = plainAddress(forwarded.pop() ?? '')
      if (before === null) break
      address = before
    }
    return {
      address,
      secure: listOf(header('x-forwarded-proto')).at(-1)?.toLowerCase() === 'https',
      hosts: [...own, ...listOf(header('x-forwarded-host'))],
      proxied: header('x-forwarded-for') !== undefined,
      crowd: isLoopback(address) || this.#trusts(address),
    }
  }

  visitorOfRequest({ socket, headers }: IncomingMessage): Visitor {
    return this.visitorOf({ remoteAddress: socket.remoteAddress, header: (name) => headers[name]?.toString() })
  }

  #trusts(address: string): boolean {
    let trusted = this.#known.get(address)
    if (trusted === undefined) {
      const family = isIP(address)
      trusted = family !== 0 && this.#trusted.check(address, family === 6 ? 'ipv6' : 'ipv4')
      if (this.#known.size >= MOST_KNOWN) this.#known.clear()
      this.#known.set(address, trusted)
    }
    return trusted
  }
}

function listOf(header: string | undefined): string[] {
  // Nobody stands behind fifty proxies; who says so wants us to read.
  return (header ?? '').slice(-2_000).split(',').slice(-50).map((part) => part.trim()).filter((part) => part !== '')
}

/** An address without port, brackets and zone, IPv4 in its own form; null = it is none. */
function plainAddress(text: string): string | null {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text
  const address = bare.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
  return isIP(address) === 0 ? null : address
}
