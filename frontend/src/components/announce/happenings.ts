/** What happens to a node that somebody who does not look may want to be told. */
import type { LinkState, NodeState } from '../../../../protocol/nodeState.ts'
import { words } from '../words.ts'

/** What is chosen per node, by what a person would call it. */
export type Topic = 'loss' | 'links' | 'talk'

export type Happening =
  | { readonly kind: 'connected' | 'again' | 'lost' | 'asterisk-up'; readonly node: string }
  /** Why Asterisk does not answer, and what to do. */
  | { readonly kind: 'asterisk-down'; readonly node: string; readonly reason: string }
  /** `who` is the link's name, '' = the node's own receiver. */
  | { readonly kind: 'linked' | 'unlinked' | 'talk'; readonly node: string; readonly who: string; readonly callsign: string | null }

export type Kind = Happening['kind']

export const TOPIC: Readonly<Record<Kind, Topic>> = {
  connected: 'loss', again: 'loss', lost: 'loss', 'asterisk-up': 'loss', 'asterisk-down': 'loss', linked: 'links', unlinked: 'links', talk: 'talk',
}

/** The same for what would be the same news. @param who as of a link; null = it is of the node */
export const newsOf = (kind: Kind, node: string, who: string | null): string => JSON.stringify([kind, node, who])

/** What began longer ago did not happen just now: it was missed, ms. */
const RECENT = 15_000
/** Strangers choose their call signs, and nobody wants to hear a long one. */
const LONGEST_CALLSIGN = 24

/**
 * Who keyed up, connected or disconnected between two states of a node, both of them current. The end of a transmission is not told.
 * @param now server ms
 */
export function linkHappenings(node: string, before: NodeState, after: NodeState, now: number): readonly Happening[] {
  const happenings: Happening[] = []
  if (before.links !== after.links) {
    for (const [who, link] of Object.entries(after.links)) {
      const old = before.links[who]
      if (old === link) continue
      const of = { node, who, callsign: callsignOf(link) }
      if (isUp(link) && !isUp(old) && isRecent(link.connectedSince, now)) happenings.push({ kind: 'linked', ...of })
      else if (!isUp(link) && isUp(old)) happenings.push({ kind: 'unlinked', ...of })
      if (link.keyed === true && old?.keyed !== true && isRecent(link.lastKeyedAt, now)) happenings.push({ kind: 'talk', ...of })
    }
    for (const [who, old] of Object.entries(before.links)) {
      if (after.links[who] === undefined && isUp(old)) happenings.push({ kind: 'unlinked', node, who, callsign: callsignOf(old) })
    }
  }
  if (after.rx === true && before.rx !== true && isRecent(after.lastKeyedAt, now)) happenings.push({ kind: 'talk', node, who: '', callsign: null })
  return happenings
}

const isUp = (link: LinkState | undefined) => link?.state === 'established'
const isRecent = (at: number | null, now: number) => at === null || now - at < RECENT
const callsignOf = ({ callsign }: LinkState) => callsign?.trim().slice(0, LONGEST_CALLSIGN) || null

/** Happenings of one kind as one sentence. */
export function sentenceOf(first: Happening, others: readonly Happening[] = []): string {
  const all = [first, ...others]
  const nodes = [...new Set(all.map(({ node }) => node))]
  // A station of a net is heard on several nodes.
  const who = [...new Set(all.map(nameOf))]
  const { announce } = words
  switch (first.kind) {
    case 'connected':
      return announce.connected(nodes)
    case 'again':
      return announce.connectedAgain(nodes)
    case 'lost':
      return announce.lost(nodes)
    case 'asterisk-up':
      return announce.asteriskUp(nodes)
    case 'asterisk-down':
      return announce.asteriskDown(nodes, nodes.length === 1 ? first.reason : null)
    case 'linked':
      return announce.linked(who, nodes)
    case 'unlinked':
      return announce.unlinked(who, nodes)
    case 'talk':
      return announce.talks(who, nodes)
  }
}

function nameOf(happening: Happening): string {
  if (!('who' in happening)) return ''
  const { who, callsign } = happening
  if (who === '') return words.talk.localReceiver
  return callsign === null || callsign === who ? who : `${who} ${callsign}`
}
