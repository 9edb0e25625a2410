/**
 * Commands, in German: what they are called, what is asked before one is given, and what came of it, which is told by the gateway's code, with
 * what was asked for.
 */
import type { CommandAction, LinkAction } from '../../../../protocol/actions.ts'
import type { CommandCode } from '../../../../protocol/commandCodes.ts'
import type { ReachCode } from '../../../../protocol/nodeState.ts'
import type { CommandState } from '../../stores/commands.ts'
import type { Words } from '../words.ts'
import { known, REACH, requestReason } from './deReasons.ts'
import { plural } from './plural.ts'

interface Told {
  readonly node: string
  readonly target: string
  readonly action: CommandAction
}
type Sentence = (told: Told) => string

/** What was wished, after "aufgefordert,". */
function wish({ target, action }: Told): string {
  switch (action) {
    case 'connect':
      return `sich mit ${target} zu verbinden`
    case 'monitor':
      return `bei ${target} mitzuhören`
    case 'local-monitor':
      return `bei ${target} lokal mitzuhören`
    case 'disconnect':
      return `${target} zu trennen`
    case 'disconnect-all':
      return 'alle zu trennen'
    case 'dtmf':
      return 'die Ziffern auszuführen'
  }
}

function linked(is: string, hears: string): Sentence {
  return ({ node, target, action }) =>
    action === 'connect' ? `${node} ${is} mit ${target} verbunden.` : `${node} ${hears} bei ${target}${action === 'local-monitor' ? ' lokal' : ''} mit.`
}

/** Those that every request may meet have the sentences of all requests. */
type Common = 'not-signed-in' | 'csrf' | 'bad-request' | 'too-many-requests' | 'internal'

const RESULT: Readonly<Record<Exclude<CommandCode, ReachCode | Common>, Sentence>> = {
  linked: linked('ist', 'hört'),
  'already-linked': linked('war schon', 'hörte schon'),
  'linked-not-permanent': (told) => `${RESULT.linked(told)} Nicht dauerhaft: über EchoLink und TLB wählt app_rpt nie neu.`,
  disconnected: ({ node, target }) => `${target} ist von ${node} getrennt.`,
  'all-disconnected': ({ node }) => `Alle Verbindungen von ${node} sind getrennt: Clients und Telefone bleiben.`,
  'no-links': ({ node }) => `${node} hat keine Verbindung, die dieser Befehl trennt: Clients und Telefone bleiben.`,
  'linked-indirectly': ({ node, target, action }) =>
    action === 'disconnect'
      ? `${target} ist über einen anderen Knoten verbunden: den trennen, an dem er hängt.`
      : `${target} ist schon mit ${node} verbunden, über einen anderen Knoten; einen zweiten Weg baut Asterisk nicht.`,
  'not-linked': ({ node, target }) => `${target} ist nicht mit ${node} verbunden.`,
  'not-made-permanent': ({ node, target }) => `Zwischen ${node} und ${target} gibt es schon eine Verbindung, die ein neuer Befehl nicht dauerhaft macht: zuerst trennen.`,
  'hung-up': ({ target }) => `${target} hat aufgelegt: in 10 s erneut versuchen.`,
  'still-linked': (told) =>
    told.action === 'disconnect-all'
      ? `${told.node} wurde aufgefordert, ${wish(told)}, und hat bisher noch Verbindungen.`
      : `${told.node} wurde aufgefordert, ${wish(told)}, und ist bisher noch damit verbunden.`,
  'call-failed': ({ node, target }) => `${node} hat ${target} gerufen, und der Ruf blieb ohne Erfolg.`,
  'already-called': ({ node, target }) => `${node} rief ${target} schon, und der Ruf blieb ohne Erfolg: erneut versuchen.`,
  'no-link-yet': (told) =>
    `${told.node} wurde aufgefordert, ${wish(told)}, und zeigt bisher keine Verbindung dorthin. Vielleicht ist die Nummer unbekannt, nimmt sie keine Rufe an, ist das Verbinden abgeschaltet, oder es gibt schon eine über einen anderen Knoten.`,
  'being-called': ({ node, target }) => `${node} ruft gerade ${target}.`,
  'other-mode': (told) => `${told.node} wurde aufgefordert, ${wish(told)}, und ist bisher in einem anderen Modus verbunden.`,

  'no-such-node': ({ node }) => `Knoten ${node} gibt es hier nicht.`,
  'not-allowed': ({ node }) => `Dazu fehlt das Recht: von ${node} wurde nichts verlangt. authusers.inc erteilt es.`,
  'permanent-not-allowed': () => 'Für dauerhafte Verbindungen fehlt das Recht (PERMUSER): ohne „Dauerhaft“ versuchen.',
  'bad-node': ({ node }) => `„${node}“ ist keine Knotennummer.`,
  'bad-target': ({ node, target }) => `Mit „${target}“ lässt sich ${node} nicht verbinden: die Nummer eines anderen Knotens nennen, ohne 0 am Anfang.`,
  'bad-digits': () => 'DTMF besteht aus 1 bis 32 der Zeichen 0–9, A–D, * und #.',
  stopping: () => 'Das Gateway wird gerade beendet: gleich erneut versuchen.',
  'too-many-commands': () => 'Zu viele Befehle warten: in einer Sekunde erneut versuchen.',
  'not-in-time': ({ node }) => `Der Befehl kam nicht rechtzeitig an die Reihe: von ${node} wurde nichts verlangt. Erneut versuchen.`,
  superseded: ({ target }) => `Ein späterer Befehl für ${target} trat an seine Stelle.`,
  'no-answer-yet': ({ node }) => `${node} wurde gefragt, und es kam bisher keine Antwort: vielleicht ist es geschehen. Vor einem neuen Versuch den Knoten ansehen.`,
  // Of a server that does not answer as well, whatever it was asked for.
  'no-answer': ({ node, action }) =>
    action === 'dtmf' ? `Es kam keine Antwort: niemand weiß, ob ${node} die Ziffern bekommen hat.` : 'Der Server hat nicht rechtzeitig geantwortet.',
  'not-verifiable': ({ node }) => `Die Ziffern wurden ${node} übergeben. Was sie bewirkt haben, ist von hier nicht zu sehen.`,
  'ami-no-command-right': () => 'Der AMI-Benutzer des Gateways darf keine Befehle geben: in manager.conf seine Zeile write= um „command“ ergänzen.',
  'node-not-ready': ({ node }) => `${node} startet gerade und nimmt noch keine Befehle: in einigen Sekunden erneut versuchen.`,
  'asterisk-refused': () => 'Asterisk hat den Befehl abgelehnt: prüfen, ob app_rpt geladen ist.',

  'no-orders': ({ node }) => `Das Gateway bei ${node} nimmt keine Befehle von anderswo: seine eigene Seite benutzen, oder es mit --mqtt-orders starten.`,
  'order-not-understood': ({ node }) => `Das Gateway bei ${node} versteht diesen Befehl nicht: beide Gateways auf dieselbe Version bringen.`,
  'order-retained': ({ node }) => `Das Gateway bei ${node} bekam einen alten Befehl: von dem Knoten wurde nichts verlangt. Erneut versuchen.`,
  'front-unknown': ({ node }) => `Das Gateway bei ${node} kennt dieses Gateway nicht: in seiner Datei von --mqtt-orders fehlt ein Abschnitt dafür.`,
  'too-many-orders': ({ node }) => `Das Gateway bei ${node} bekommt von diesem mehr Befehle, als es ansieht: in einer Sekunde erneut versuchen.`,
  'bad-signature': ({ node }) =>
    `Das Gateway bei ${node} hat einen anderen Schlüssel für dieses: die öffentliche Hälfte von --mqtt-sign-key in seine Datei von --mqtt-orders eintragen.`,
  'other-edge': ({ node }) => `Das Gateway bei ${node} bekam einen Befehl für ein anderes: nachsehen, wer in sein Topic schreibt.`,
  'order-expired': ({ node }) => `Der Befehl kam zu spät zum Gateway bei ${node}: erneut versuchen; bleibt es so, die Uhren beider Rechner mit NTP stellen.`,
  'order-from-future': ({ node }) => `Nach der Uhr des Gateways bei ${node} kam der Befehl aus der Zukunft: die Uhren beider Rechner mit NTP stellen.`,
  'order-lasts-too-long': ({ node }) => `Der Befehl gälte länger, als das Gateway bei ${node} erlaubt: beide Gateways auf dieselbe Version bringen.`,
  'order-before-start': ({ node }) => `Das Gateway bei ${node} ist eben gestartet und nimmt Befehle erst nach einigen Sekunden: gleich erneut versuchen.`,
  'order-used': ({ node }) => `Das Gateway bei ${node} hatte diesen Befehl schon: ihn neu geben.`,
  'order-book-full': ({ node }) => `Das Gateway bei ${node} hatte in wenigen Sekunden zu viele Befehle: gleich erneut versuchen.`,
  'node-not-allowed': ({ node }) => `Für ${node} nimmt sein Gateway von diesem keine Befehle: seine Datei von --mqtt-orders sagt, für welche Knoten.`,
  'action-not-allowed': ({ node }) => `Solche Befehle nimmt das Gateway bei ${node} von diesem nicht: seine Datei von --mqtt-orders sagt, welche.`,
  'user-not-allowed': ({ node }) => `Von diesem Benutzer nimmt das Gateway bei ${node} hier keine Befehle: seine Datei von --mqtt-orders sagt, von wem.`,
  'no-accounts': ({ node }) => `Das Gateway von ${node} hat keine Konten, also darf niemand dem Knoten befehlen: es mit --users oder --auth starten.`,
  'no-right': ({ node }) => `Dieser Benutzer hat beim Gateway von ${node} kein Recht dazu: dessen authusers.inc erteilt es denen, die in seiner .htpasswd stehen.`,
}

/** null = there is no sentence for its code. */
function commandResult({ code, message, action, phase }: CommandState, node: string, target: string): string | null {
  const lost = reachSentence(code, node)
  if (lost !== null) return phase === 'not-confirmed' ? `${node} wurde gefragt, dann ging Asterisk verloren. ${lost}` : lost
  return known(RESULT, code)?.({ node, target, action }) ?? requestReason(code, message)
}

function reachSentence(code: string | null, node: string): string | null {
  return code === 'other' ? `Asterisk antwortet für ${node} nicht. Das Protokoll des Gateways sagt vielleicht mehr.` : known(REACH, code)
}

const ACTION = {
  connect: 'Verbinden',
  monitor: 'Mithören',
  'local-monitor': 'Lokal mithören',
  disconnect: 'Trennen',
  'disconnect-all': 'Alle trennen',
  dtmf: 'DTMF',
}
/** What would be done, as a sentence. */
export const deed = (action: LinkAction, node: string, target: string) => {
  switch (action) {
    case 'connect':
      return `${node} verbindet sich mit ${target}.`
    case 'monitor':
      return `${node} hört bei ${target} mit.`
    case 'local-monitor':
      return `${node} hört bei ${target} lokal mit.`
    case 'disconnect':
      return `${node} trennt sich von ${target}.`
  }
}

export const control: Words['control'] = {
  title: 'Befehle',
  node: 'Knoten',
  commandsFor: (node) => `Befehle für Knoten ${node}`,
  target: 'Zielknoten',
  targetHint: 'Nummer, Rufzeichen oder Ort',
  found: 'Passende Knoten',
  because: { linked: 'verbunden', recent: 'zuletzt' },
  permanent: 'Dauerhaft',
  action: ACTION,
  more: 'Weitere Befehle',
  disconnectAll: 'Alle trennen …',
  digits: 'DTMF-Ziffern',
  send: 'Senden',
  badDigits: 'DTMF besteht aus 1 bis 32 der Zeichen 0–9, A–D, * und #.',
  no: 'Nein',
  permanentTitle: 'Dauerhafte Verbindung?',
  surePermanent: (action, node, target) =>
    `${deed(action, node, target)} Die Verbindung wird neu gewählt, sooft sie abbricht, bis Asterisk neu startet; über EchoLink und TLB nie.`,
  yesPermanent: { connect: 'Ja, dauerhaft verbinden', monitor: 'Ja, dauerhaft mithören', 'local-monitor': 'Ja, dauerhaft lokal mithören' },
  meant: (id, name) => `${id} ist ${name}.`,
  meantTitle: 'Ist das der Knoten?',
  sureMeant: (action, node, target) => `Ein Knoten passt. ${deed(action, node, target)}`,
  allTitle: 'Alle Verbindungen beenden?',
  sureAll: (node, links) =>
    links === 0
      ? `Knoten ${node} hat keine Verbindung, die das beendet.`
      : `Knoten ${node} trennt ${plural(links, 'eine Verbindung, auch wenn sie dauerhaft ist', `${links} Verbindungen, auch dauerhafte`)}. Clients und Telefone bleiben.`,
  yesAll: 'Ja, alle trennen',
  asking: (what, target) => `${what}${target === '' ? '' : ` ${target}`} …`,
  outcome: { done: 'Erledigt.', refused: 'Abgelehnt.', 'not-confirmed': 'Nicht bestätigt.' },
  result: commandResult,
  blocked: {
    'not-signed-in': () => 'Für Befehle bitte anmelden.',
    refused: (node) => `Der Server hat Knoten ${node} nicht, oder gibt ihn nicht frei.`,
    reconnecting: (node) => `Verbindet neu: keine Befehle für ${node}, bis er live ist.`,
    'not-heard': (node) => `Von ${node} ist noch nichts bekannt: keine Befehle bis zur ersten Meldung.`,
    'asterisk-down': (node) => `Asterisk antwortet für ${node} nicht: keine Befehle, bis er wieder antwortet.`,
  },
  noRight: 'Kein Recht auf einen Befehl.',
  noTarget: 'Zuerst einen Knoten nennen.',
  pressDisconnect: 'Zum Beenden dieser Verbindung „Trennen“ drücken: die Eingabetaste tut es nie.',
  searching: (text) => `Sucht nach „${text}“ …`,
  several: (text, more) => `„${text}“ passt auf ${more ? 'mehr Knoten, als gezeigt werden' : 'mehrere Knoten'}: einen auswählen.`,
  noSuchNode: (text) => `Kein Knoten passt auf „${text}“: seine Nummer nennen, oder ein Rufzeichen oder einen Ort der Knotenliste.`,
  noSuchLink: (node, text) => `Keine Verbindung von ${node} passt auf „${text}“.`,
  tooShort: 'Eine Knotennummer nennen, oder mindestens zwei Buchstaben.',
  unheard: 'Die Knotenliste war nicht zu befragen: die Nummer des Knotens nennen.',
}
