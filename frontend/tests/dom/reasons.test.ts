/** Whatever is wrong, the page says why and what to do, in each language: for every code that there is. */
import { describe, expect, it } from 'vitest'
import { CLOSE } from '../../../protocol/closeCodes.ts'
import { REACH_CODES } from '../../../protocol/nodeState.ts'
import type { ReachCode } from '../../../protocol/nodeState.ts'
import { reasonFor } from '../../../server/src/feed/reachReason.ts'
import { brokerAway, EDGE_SILENT, edgeAway } from '../../../server/src/fleet/losses.ts'
import { english } from '../../src/components/words/en.ts'
import { german } from '../../src/components/words/de.ts'
import type { Reason, ReasonCode } from '../../src/services/connectionState.ts'

/** As a client and a gateway make them; the record fails to compile when a code is new. */
const SOCKET: Record<ReasonCode, string> = {
  'socket-closed': 'The connection was closed (1006).',
  'connect-timeout': 'The server did not take the connection in time.',
  'first-message-timeout': 'The server took the connection and then said nothing.',
  silent: 'The connection went silent.',
  goaway: 'The server asked this page to come back later (restart).',
  offline: 'This device says it is offline. The page connects by itself when it is back.',
  hidden: 'The page was put away. It connects again when it is shown.',
  'needs-auth': 'The server wants to know who is asking. Sign in to go on.',
  'flag-off': 'Live sockets are switched off for this viewer. The page connects by itself when they are on again.',
  refused: 'The connection was closed (4526).',
  'no-websocket': 'This browser has no WebSocket: news comes only when the page asks for it.',
}
const REFUSALS = [1003, 1008, 1010, CLOSE.badRequest, CLOSE.noSuchNode, CLOSE.originRefused, CLOSE.versionRefused]
const reasons: Reason[] = [
  ...Object.entries(SOCKET).map(([code, message]) => ({ code: code as ReasonCode, message })),
  ...REFUSALS.map((closeCode): Reason => ({ code: 'refused', message: `The connection was closed (${closeCode}).`, closeCode })),
]

/** As a gateway says it. */
function sentenceOf(code: ReachCode): string {
  switch (code) {
    case 'broker-away':
      return brokerAway(0).message
    case 'edge-away':
      return edgeAway('shack', null).message
    case 'edge-silent':
      return EDGE_SILENT.message
    default:
      return reasonFor(code).message
  }
}

/** A sentence tells somebody to do something, or that it is done without him. */
const TO_DO = {
  en: /\b(check|look|wait|reload|retry|sign in|use|allow|by itself|again|nothing needs|may say more)\b/i,
  de: /\b(prüfen|ansehen|abwarten|neu laden|erneut|anmelden|verwenden|erlauben|von selbst|wieder|nichts zu tun|mehr)\b/i,
}

describe.each([['en', english], ['de', german]] as const)('in %s', (language, words) => {
  it.each(reasons)('a socket that is not live says why and what to do: $code $closeCode', (reason) => {
    const told = words.reason.socket(reason)
    expect(told).toMatch(TO_DO[language])
    expect(told).toMatch(/\.$/)
  })

  it.each(REACH_CODES)('an Asterisk that does not answer: %s', (code) => {
    const told = words.reason.reach(code, sentenceOf(code))
    expect(told).toMatch(TO_DO[language])
    expect(told).toMatch(/\.$/)
  })
})

describe('in German', () => {
  it.each(REACH_CODES.filter((code) => code !== 'other'))('nothing of the gateway\'s English is left: %s', (code) => {
    expect(german.reason.reach(code, 'Asterisk is something.')).not.toContain('is something')
  })

  it('what has no code is said in the server\'s own words', () => {
    expect(german.reason.reach('other', 'Node is on fire.')).toContain('Node is on fire.')
    expect(german.reason.socket({ code: 'refused', message: 'There are too many viewers.', serverCode: 'too-many-viewers' })).toContain('There are too many viewers.')
  })

  it('a close code is told, and what the server said with it', () => {
    expect(german.reason.socket({ code: 'socket-closed', message: 'The connection was closed (1012: restart).', closeCode: 1012 })).toContain('1012')
  })
})
