/** Whatever is wrong, the page says why and what to do, in each language: for every code that there is. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ACTIONS } from '../../../protocol/actions.ts'
import type { CommandAction } from '../../../protocol/actions.ts'
import { CLOSE } from '../../../protocol/closeCodes.ts'
import { COMMAND_CODES } from '../../../protocol/commandCodes.ts'
import type { CommandCode } from '../../../protocol/commandCodes.ts'
import { REACH_CODES } from '../../../protocol/nodeState.ts'
import type { ReachCode } from '../../../protocol/nodeState.ts'
import { VOTER_CODES } from '../../../protocol/voter.ts'
import { reasonFor } from '../../../server/src/feed/reachReason.ts'
import { brokerAway, EDGE_SILENT, edgeAway } from '../../../server/src/fleet/losses.ts'
import { english } from '../../src/components/words/en.ts'
import { german } from '../../src/components/words/de.ts'
import type { Reason, ReasonCode } from '../../src/services/connectionState.ts'
import type { CommandState } from '../../src/stores/commands.ts'

/** As a client and a gateway make them; the record fails to compile when a code is new. */
const SOCKET: Record<ReasonCode, string> = {
  'socket-closed': 'The connection was closed (1006).',
  'connect-timeout': 'The server did not accept the connection in time.',
  'first-message-timeout': 'The server accepted the connection, then said nothing.',
  silent: 'The connection went silent.',
  goaway: 'The server asked this page to come back later (restart).',
  offline: 'This device says it is offline. The page connects by itself when it is back.',
  hidden: 'The page is in the background. It connects again when it is shown.',
  'needs-auth': 'The server needs to know who you are. Sign in to continue.',
  'flag-off': 'Live sockets are switched off for this viewer. The page connects by itself when they are on again.',
  refused: 'The connection was closed (4526).',
  'no-websocket': 'This browser has no WebSocket: live connections are not possible.',
  'bad-node': 'This is not a node number.',
}
const REFUSALS = [1003, 1008, 1010, CLOSE.badRequest, CLOSE.noSuchNode, CLOSE.originRefused, CLOSE.versionRefused]
/** As the gateway says them of one node on the common socket. */
const OF_A_NODE = {
  'no-such-node': 'This node is not on this server.',
  'too-many-nodes': 'One connection may watch at most 200 nodes.',
  'too-many-viewers': 'Too many viewers are watching this node.',
}
const refusalsOfNodes = Object.entries(OF_A_NODE).map(([serverCode, message]): Reason => ({ code: 'refused', message, serverCode }))
const reasons: Reason[] = [
  ...Object.entries(SOCKET).map(([code, message]) => ({ code: code as ReasonCode, message })),
  ...REFUSALS.map((closeCode): Reason => ({ code: 'refused', message: `The connection was closed (${closeCode}).`, closeCode })),
  ...refusalsOfNodes,
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
  it.each(reasons)('a socket that is not live says why and what to do: $code $closeCode $serverCode', (reason) => {
    const told = words.reason.socket(reason)
    expect(told).toMatch(TO_DO[language])
    expect(told).toMatch(/\.$/)
  })

  it('who finds no place is told that it is polled meanwhile, and is sent to no proxy', () => {
    const told = words.reason.socket({ code: 'socket-closed', message: 'The connection was closed (4429: this server is full).', closeCode: CLOSE.tooMany })
    expect(told).toMatch(/4429.*(polled until there is room.* by itself|von selbst.*abgefragt)\.$/)
    expect(told).not.toMatch(/proxy/i)
    expect(words.reason.socket({ code: 'socket-closed', message: 'The connection was closed (1006).', closeCode: 1006 })).toMatch(/proxy/i)
  })

  it.each(REACH_CODES)('an Asterisk that does not answer: %s', (code) => {
    const told = words.reason.reach(code, sentenceOf(code))
    expect(told).toMatch(TO_DO[language])
    expect(told).toMatch(/\.$/)
  })
})

it('nobody is told to retry what is asked for again by itself', () => {
  for (const reason of [...refusalsOfNodes, ...['of-tomorrow', 'constructor'].map((serverCode): Reason => ({ code: 'refused', message: 'Not now.', serverCode }))]) {
    expect(english.reason.socket(reason)).toMatch(/by itself\.$|by itself, about/)
    expect(english.reason.socket(reason)).not.toMatch(/retry|native/)
    expect(german.reason.socket(reason)).not.toMatch(/erneut|native/)
  }
})

it('a node about which Asterisk has just been asked is waited for, and that is said once', () => {
  expect(english.reason.reach('not-watched', 'Asterisk is being asked about this node.')).toBe('Asterisk is being asked about this node. Wait a moment.')
  expect(german.reason.reach('not-watched', '')).toBe('Asterisk wird gerade nach diesem Knoten gefragt: einen Moment abwarten.')
})

it('a browser without WebSocket is not said to poll, which a page may be built without', () => {
  for (const words of [english, german]) expect(words.reason.socket({ code: 'no-websocket', message: SOCKET['no-websocket'] })).not.toMatch(/poll|fragt/)
})

describe('in German', () => {
  it.each(REACH_CODES.filter((code) => code !== 'other'))('nothing of the gateway\'s English is left: %s', (code) => {
    expect(german.reason.reach(code, 'Asterisk is something.')).not.toContain('is something')
  })

  it('what has no code is said in the server\'s own words', () => {
    expect(german.reason.reach('other', 'Node is on fire.')).toContain('Node is on fire.')
    expect(german.reason.socket({ code: 'refused', message: 'Closed for the night.', serverCode: 'of-tomorrow' })).toContain('Closed for the night.')
  })

  it.each<Reason>([...refusalsOfNodes, { code: 'bad-node', message: 'This is not a node number.' }])('nothing English is left of what was said of a node: $code $serverCode', (reason) => {
    expect(german.reason.socket(reason)).not.toContain(reason.message.slice(0, -1))
  })

  it('a node that the server does not have is told in the same words, whatever socket it was asked for on', () => {
    const [own, common] = [{ closeCode: CLOSE.noSuchNode }, { serverCode: 'no-such-node' }].map((more) => german.reason.socket({ code: 'refused', message: 'x', ...more }))
    expect(common).toBe(own)
  })

  it('a close code is told, and what the server said with it', () => {
    expect(german.reason.socket({ code: 'socket-closed', message: 'The connection was closed (1012: restart).', closeCode: 1012 })).toContain('1012')
  })
})

const OF_GATEWAY = 'As the gateway says it.'

describe('what came of a command', () => {
  const ended = (code: string | null, action: CommandAction = 'connect', more: Partial<CommandState> = {}): CommandState =>
    ({ action, permanent: false, phase: 'refused', message: OF_GATEWAY, code, at: 0, ...more })
  const inGerman = (code: CommandCode, action?: CommandAction, more?: Partial<CommandState>) => german.control.result(ended(code, action, more), '546051', '2050')

  // The server's own types take no code that is not in this list.
  it.each(COMMAND_CODES)('is told in German by its code, whatever was asked for: %s', (code) => {
    for (const action of ACTIONS) {
      const told = inGerman(code, action) ?? ''
      expect(told, action).toMatch(/^[A-ZÄÖÜ\d„].*\.$/)
      expect(told, action).not.toMatch(/undefined|\b(the|is|not|and)\b/)
    }
  })

  it.each<[CommandCode, CommandAction, string]>([
    ['linked', 'connect', '546051 ist mit 2050 verbunden.'],
    ['linked', 'monitor', '546051 hört bei 2050 mit.'],
    ['already-linked', 'local-monitor', '546051 hörte schon bei 2050 lokal mit.'],
    ['linked-not-permanent', 'monitor', '546051 hört bei 2050 mit. Nicht dauerhaft: über EchoLink und TLB wählt app_rpt nie neu.'],
    ['disconnected', 'disconnect', '2050 ist von 546051 getrennt.'],
    ['linked-indirectly', 'disconnect', '2050 ist über einen anderen Knoten verbunden: den trennen, an dem er hängt.'],
    ['linked-indirectly', 'connect', '2050 ist schon mit 546051 verbunden, über einen anderen Knoten; einen zweiten Weg baut Asterisk nicht.'],
    ['still-linked', 'disconnect', '546051 wurde aufgefordert, 2050 zu trennen, und ist bisher noch damit verbunden.'],
    ['still-linked', 'disconnect-all', '546051 wurde aufgefordert, alle zu trennen, und hat bisher noch Verbindungen.'],
    ['hung-up', 'connect', '2050 hat aufgelegt: in 10 s erneut versuchen.'],
    ['hung-up', 'monitor', '2050 hat aufgelegt: in 10 s erneut versuchen.'],
    ['call-failed', 'connect', '546051 hat 2050 gerufen, und der Ruf blieb ohne Erfolg.'],
    ['already-called', 'connect', '546051 rief 2050 schon, und der Ruf blieb ohne Erfolg: erneut versuchen.'],
    ['other-mode', 'monitor', '546051 wurde aufgefordert, bei 2050 mitzuhören, und ist bisher in einem anderen Modus verbunden.'],
    ['no-answer', 'dtmf', 'Es kam keine Antwort: niemand weiß, ob 546051 die Ziffern bekommen hat.'],
    ['no-answer', 'connect', 'Der Server hat nicht rechtzeitig geantwortet.'],
  ])('says in German of whom it is: %s after %s', (code, action, sentence) => {
    expect(inGerman(code, action)).toBe(sentence)
  })

  it('says in German whether the node was asked before Asterisk was lost', () => {
    expect(inGerman('ami-closed')).toMatch(/^Asterisk hat die Verbindung geschlossen/)
    expect(inGerman('ami-closed', 'connect', { phase: 'not-confirmed' })).toMatch(/^546051 wurde gefragt, dann ging Asterisk verloren\. Asterisk hat die Verbindung geschlossen/)
  })

  it('has no German where its code is not known, or is a word that every object has', () => {
    for (const code of [null, 'of-tomorrow', 'constructor', '__proto__']) expect(german.control.result(ended(code), '546051', '2050')).toBeNull()
  })

  it('is the gateway\'s own sentence in English, which says more than its code', () => {
    for (const code of [...COMMAND_CODES, 'of-tomorrow', null]) expect(english.control.result(ended(code), '546051', '2050')).toBe(OF_GATEWAY)
  })
})

describe('a request that failed', () => {
  const source = (path: string) => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8')
  const found = (path: string, pattern: RegExp) => [...source(path).matchAll(pattern)].map((match) => match[1] ?? '')
  /** What a gateway says to who signs in or out, and to whom it has nothing else to say. */
  const ofGateway = [
    ...['signIn', 'csrf', 'noAccounts', 'api'].flatMap((name) => found(`server/src/http/${name}.ts`, /refuse\(c, \d{3}, '([a-z-]+)'/g)),
    ...found('server/src/http/server.ts', /code: '([a-z-]+)'/g),
    ...found('server/src/access/access.ts', /ok: false; readonly code: '([a-z-]+)'/g),
  ]

  it('meets codes of every kind: the list is not empty by mistake', () => {
    expect(ofGateway).toEqual(expect.arrayContaining(['bad-request', 'bad-credentials', 'too-many-attempts', 'sign-in-elsewhere', 'csrf', 'not-signed-in', 'no-accounts', 'internal', 'too-many-requests']))
  })

  it.each([...new Set(ofGateway), 'unreachable', 'no-answer', 'not-understood', 'not-kept', 'retry-after'])('is told in German by its code: %s', (code) => {
    expect(german.reason.request(code, OF_GATEWAY)).toMatch(/^[A-ZÄÖÜ].*\.$/)
  })

  it('keeps the status of an answer that had no words', () => {
    expect(german.reason.request('refused', 'The server refused (HTTP 500).')).toBe('Der Server hat abgelehnt (HTTP 500).')
    expect(german.reason.request('not-understood', "The server's answer is not JSON (HTTP 502).")).toBe('Die Antwort des Servers ist nicht zu verstehen (HTTP 502).')
  })

  it('has no German where the server has words of its own and no code for them, or one that is not known', () => {
    for (const code of ['refused', 'of-tomorrow', 'constructor', null]) expect(german.reason.request(code, 'Closed for the night.')).toBeNull()
    expect(english.reason.request('refused', 'Closed for the night.')).toBe('Closed for the night.')
  })
})

describe('a voter that is not told of', () => {
  it.each([...VOTER_CODES.filter((code) => code !== 'other'), 'not-understood', 'no-such-node', 'retry-after'])('says why in German by its code: %s', (code) => {
    expect(german.reason.voter(code, OF_GATEWAY)).toMatch(/^[A-ZÄÖÜ].*\.$/)
    expect(english.reason.voter(code, OF_GATEWAY)).toBe(OF_GATEWAY)
  })

  it('has no German for what has no code', () => {
    expect(german.reason.voter('other', OF_GATEWAY)).toBeNull()
  })
})
