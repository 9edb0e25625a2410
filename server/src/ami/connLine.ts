import { isIP } from 'node:net'

/** One `Conn:` line of XStat, without what other lines add. */
export interface ConnLine {
  readonly name: string
  /**
   * Address of the IAX2 peer, with `…` where app_rpt may have cut it (IPv6); null for EchoLink, TheLinkBox and phone, and
   * while a link is between retries (`(none)`).
   */
  readonly peer: string | null
  /** Reconnects since the link was made. */
  readonly reconnects: number
  /** `out`: this node called; `in`: the other one did. */
  readonly direction: 'in' | 'out'
  /** Whole seconds since the link entered the list; null when the server's figure can't be true. */
  readonly elapsedS: number | null
  /** `connecting` without a channel, too: one that called us and has hung up stays ESTABLISHED for as long as it may call again. */
  readonly state: 'established' | 'connecting'
}

// app_rpt rpt_manager.c rpt_manager_do_xstat: "%-10s%-20s%-12d%-11s%-20s%-20s". A name or peer longer than its column
// is not cut and pushes the rest to the right, so columns are counted from the right end.
const NAME = 10
const PEER = 20
const RECONNECTS = 12
const DIRECTION = 11
const ELAPSED = 20
const STATE = 20
/** app_rpt.h MAXPEERSTR without the end mark: longer peers are cut. */
const PEER_MAX = 30
const TAIL = RECONNECTS + DIRECTION + ELAPSED + STATE
/** app_rpt 3.5.0 to 3.6.0 can give nonsense right after a drop; no link is older than this. Later ones give the age of the machine (feed/reconcile.ts). */
const MAX_ELAPSED_S = 10 * 365 * 86_400

/**
 * @param value what stands after `Conn: `, with or without the blanks at the end
 * @param knownNames link names from SawStat of the same node, to part a long name from the peer it touches
 * @returns null when it is no such line
 */
export function parseConnLine(value: string, knownNames: Iterable<string> = []): ConnLine | null {
  const trimmed = value.trimEnd()
  const word = ['ESTABLISHED', 'CONNECTING'].find((state) => trimmed.endsWith(state))
  if (word === undefined) return null
  return byColumns(trimmed + ' '.repeat(STATE - word.length), knownNames) ?? byWords(trimmed, knownNames)
}

function byColumns(line: string, knownNames: Iterable<string>): ConnLine | null {
  let at = line.length - TAIL
  if (at < NAME + PEER) return null
  const head = line.slice(0, at)
  const cut = (width: number): string => line.slice(at, (at += width)).trim()
  return conn(partHead(head, knownNames), cut(RECONNECTS), cut(DIRECTION), cut(ELAPSED), cut(STATE))
}

/** For a line whose blanks were squeezed on the way: words counted from the right. */
function byWords(line: string, knownNames: Iterable<string>): ConnLine | null {
  const words = line.trim().split(/\s+/)
  const [reconnects = '', direction = '', elapsed = '', state = ''] = words.slice(-4)
  const head = words.slice(0, -4)
  const last = head.at(-1) ?? ''
  if (head.length > 1 && isPeer(last)) {
    return conn({ name: head.slice(0, -1).join(' '), peer: last }, reconnects, direction, elapsed, state)
  }
  const whole = head.join(' ')
  return conn(byKnownName(whole, knownNames, 0) ?? { name: whole, peer: '' }, reconnects, direction, elapsed, state)
}

interface Head {
  readonly name: string
  readonly peer: string
}

function partHead(head: string, knownNames: Iterable<string>): Head {
  const byWidth = { name: head.slice(0, NAME).trim(), peer: head.slice(NAME).trim() }
  if (head.length === NAME + PEER) return byWidth
  const known = byKnownName(head, knownNames, NAME)
  if (known) return known
  const longName = { name: head.slice(0, -PEER).trim(), peer: head.slice(-PEER).trim() }
  // No link name holds a colon: that is the front of a long IPv6 peer.
  if (isPeer(longName.peer) && !/[\s:]/.test(longName.name)) return longName
  if (isPeer(byWidth.peer)) return byWidth
  // A group of four is what every address of IPv6 in use begins with: it is no part of the name, whatever else it is.
  const at = head.search(/[\da-f]{4}:/)
  if (at < 0) return longName
  const peer = head.slice(at).trim()
  return { name: head.slice(0, at).trim(), peer: isPeer(peer) ? peer : '' }
}

/** The longest known name that `head` starts with, if what is left is a peer. */
function byKnownName(head: string, knownNames: Iterable<string>, width: number): Head | null {
  let best: Head | null = null
  for (const name of knownNames) {
    if (name === '' || !head.startsWith(name) || (best && best.name.length >= name.length)) continue
    if (head.slice(name.length, width).trim() !== '') continue
    const peer = head.slice(Math.max(name.length, width)).trim()
    if (isPeer(peer)) best = { name, peer }
  }
  return best
}

function isPeer(text: string): boolean {
  return text === '' || text === '(none)' || isIP(text) !== 0 || isCut(text)
}

/** An address of IPv6 that is exactly so long may go on, also where it reads as a whole one. */
function isCut(text: string): boolean {
  return text.length === PEER_MAX && /^[\da-f]*:[\da-f]*:[\da-f:]*$/.test(text)
}

function conn(
  { name, peer }: Head,
  reconnects: string,
  direction: string,
  elapsed: string,
  state: string,
): ConnLine | null {
  if (name === '' || !/^\d{1,12}$/.test(reconnects) || /\s/.test(elapsed)) return null
  if (direction !== 'IN' && direction !== 'OUT') return null
  if (state !== 'ESTABLISHED' && state !== 'CONNECTING') return null
  return {
    name,
    peer: peer === '' || peer === '(none)' ? null : isCut(peer) ? `${peer}…` : peer,
    reconnects: Number(reconnects),
    direction: direction === 'IN' ? 'in' : 'out',
    elapsedS: parseElapsed(elapsed),
    state: state === 'ESTABLISHED' && peer !== '(none)' ? 'established' : 'connecting',
  }
}

/** `HH:MM:SS`, hours of any length, to seconds. */
function parseElapsed(text: string): number | null {
  const match = /^(\d{1,12}):(\d{2}):(\d{2})$/.exec(text)
  if (!match) return null
  const seconds = Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3])
  return seconds <= MAX_ELAPSED_S ? seconds : null
}
