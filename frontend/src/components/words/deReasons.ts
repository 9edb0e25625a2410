/** Why something is not as it should be, and what to do, in German: by the codes of gateway and client. */
import { CLOSE } from '../../../../protocol/closeCodes.ts'
import type { ReachCode } from '../../../../protocol/nodeState.ts'
import type { VoterCode } from '../../../../protocol/voter.ts'
import type { Reason, ReasonCode } from '../../services/connectionState.ts'

const SOCKET: Record<Exclude<ReasonCode, 'refused' | 'socket-closed'>, string> = {
  'connect-timeout':
    'Der Server hat die Verbindung nicht rechtzeitig angenommen. Der nächste Versuch kommt von selbst; gelingt keiner, prüfen, ob das Gateway läuft und der Proxy dorthin weiterleitet.',
  'first-message-timeout':
    'Der Server hat die Verbindung angenommen und dann geschwiegen. Der nächste Versuch kommt von selbst; gelingt keiner, prüfen, wohin der Proxy diese Adresse leitet.',
  silent: 'Die Verbindung ist verstummt. Sie wird von selbst ersetzt; geschieht das alle paar Minuten, die Leerlaufzeit des Proxys prüfen.',
  goaway: 'Der Server bittet, später wiederzukommen. Der nächste Versuch kommt von selbst.',
  offline: 'Dieses Gerät meldet, dass es offline ist. Die Seite verbindet sich von selbst, sobald es zurück ist.',
  hidden: 'Die Seite ist im Hintergrund. Sie verbindet sich wieder, sobald sie angezeigt wird.',
  'needs-auth': 'Der Server will wissen, wer fragt. Zum Fortfahren bitte anmelden.',
  'flag-off': 'Live-Verbindungen sind hier abgeschaltet. Die Seite verbindet sich von selbst, sobald sie wieder eingeschaltet sind. Es ist nichts zu tun.',
  'no-websocket':
    'Dieser Browser hat kein WebSocket: Live-Verbindungen sind nicht möglich. Einen aktuellen Browser verwenden oder WebSocket erlauben.',
  'bad-node': 'Das ist keine Knotennummer: die Nummer prüfen.',
}
const NO_SUCH_NODE =
  'Diesen Knoten gibt es hier nicht: die Nummer prüfen oder den Knoten in allmon.ini eintragen. Die Seite fragt etwa jede Minute von selbst wieder.'
/** By close code, or by the code of an error on the common socket. */
const REFUSED: Readonly<Record<string, string>> = {
  [CLOSE.noSuchNode]: NO_SUCH_NODE,
  'no-such-node': NO_SUCH_NODE,
  'too-many-nodes': 'Mehr Knoten nimmt der Server auf einer Verbindung nicht an. Dieser wird abgefragt, bis ein Platz frei wird; es ist nichts zu tun.',
  'too-many-viewers': 'Zu viele sehen diesem Knoten zu. Der nächste Versuch kommt von selbst; bis dahin wird er abgefragt.',
  [CLOSE.originRefused]:
    'Der Server nimmt diese Seite nicht an: sie unter dem Namen des Gateways öffnen oder ihre Adresse dort erlauben (--origins), dann erneut versuchen.',
  [CLOSE.badRequest]: 'Der Server versteht die Anfrage nicht: die Adresse dieser Seite prüfen, dann erneut versuchen.',
  [CLOSE.versionRefused]: 'Der Server spricht eine andere Version: diese Seite neu laden.',
}
export const REACH: Readonly<Record<Exclude<ReachCode, 'other'>, string>> = {
  'ami-connecting': 'Asterisk wird gerade verbunden: einige Sekunden abwarten.',
  'ami-refused': 'Am AMI-Port antwortet niemand: prüfen, ob Asterisk läuft und in manager.conf enabled=yes steht.',
  'ami-unreachable': 'Der Asterisk-Rechner ist nicht erreichbar: seine Adresse und das Netz prüfen.',
  'ami-login-refused': 'Asterisk hat die Anmeldung abgelehnt: user, secret und permit in manager.conf prüfen.',
  'ami-no-answer':
    'Asterisk ist verbunden, antwortet aber nicht: er hängt, oder das Netz verschluckt seine Worte. Bleibt es so, Konsole und Last ansehen.',
  'ami-closed':
    'Asterisk hat die Verbindung geschlossen, vielleicht startet er neu. Das Gateway verbindet sich von selbst wieder; bleibt es so, prüfen, ob Asterisk läuft.',
  'ami-not-ami': 'Dort antwortet etwas anderes als der Asterisk-Manager: Rechner und Port prüfen.',
  'node-unknown': 'Asterisk kennt diesen Knoten nicht: seine Nummer in rpt.conf prüfen.',
  'node-ends-session': 'Asterisk beendet bei diesem Knoten die Verbindung: er startet noch und erscheint von selbst, oder er ist eine Remote-Base und gehört nicht in allmon.ini.',
  'broker-away': 'Der MQTT-Broker antwortet nicht. Hier ist nichts zu tun; bleibt es so, den Broker prüfen.',
  'edge-away':
    'Das Gateway bei diesem Knoten ist nicht mit dem MQTT-Broker verbunden. Es verbindet sich von selbst wieder; bleibt es so, Strom und Netz dort prüfen.',
  'edge-silent': 'Das Gateway bei diesem Knoten antwortet nicht: seine Verbindung zum MQTT-Broker prüfen.',
  'not-watched': 'Asterisk wird gerade nach diesem Knoten gefragt: einen Moment abwarten.',
}

export function socketReason({ code, message, closeCode, serverCode }: Reason): string {
  const closed = closeCode === undefined ? message : `Die Verbindung wurde geschlossen (${closeCode}).`
  switch (code) {
    case 'refused':
      return known(REFUSED, String(closeCode ?? serverCode))
        ?? `Der Server hat abgelehnt. ${closed} ${serverCode === undefined ? 'Die Ursache beheben, dann erneut versuchen.' : 'Der nächste Versuch kommt von selbst.'}`
    case 'socket-closed':
      if (closeCode === CLOSE.tooMany) return `${closed} Zu viele sehen zu, meist von dieser Adresse. Der nächste Versuch kommt von selbst; bis dahin wird abgefragt.`
      return `${closed} Der nächste Versuch kommt von selbst; gelingt keiner, prüfen, ob ein Proxy davor WebSockets durchlässt.`
    default:
      return SOCKET[code]
  }
}

export function reachReason(code: ReachCode, message: string): string {
  return code === 'other' ? `${message} Das Protokoll des Gateways sagt vielleicht mehr.` : REACH[code]
}

/** Whatever was asked for by HTTP. */
const REQUEST: Readonly<Record<string, string>> = {
  unreachable: 'Der Server ist nicht erreichbar.',
  'no-answer': 'Der Server hat nicht rechtzeitig geantwortet.',
  'retry-after': 'Der Server bittet um weniger Anfragen: etwas warten.',
  'too-many-requests': 'Von dieser Adresse kommen zu viele Anfragen: etwas warten.',
  'bad-request': 'Der Server versteht die Anfrage nicht: diese Seite neu laden.',
  'no-such-route': 'Diese Anfrage kennt der Server nicht: diese Seite neu laden.',
  'wrong-method': 'Diese Anfrage kennt der Server nicht: diese Seite neu laden.',
  gone: 'Diese Anfrage kennt der Server nicht: diese Seite neu laden.',
  internal: 'Dem Gateway ist ein Fehler unterlaufen; sein Protokoll sagt, welcher.',
  csrf: 'Der Server hat die Anfrage nicht als eine dieser Sitzung erkannt: diese Seite neu laden, dann erneut versuchen.',
  'not-signed-in': 'Zuerst anmelden.',
  origin: 'Der Server nimmt Anmeldungen von dieser Seite nicht an: sie unter dem Namen des Gateways öffnen oder ihre Adresse dort erlauben (--origins).',
  'not-kept': 'Das Passwort stimmt, aber danach kannte der Server niemanden: Cookies für diese Seite erlauben oder sie in einem eigenen Fenster öffnen.',
  'bad-credentials': 'Benutzername oder Passwort ist falsch.',
  'too-many-attempts': 'Zu viele Versuche: etwas warten.',
  'sign-in-elsewhere': 'An- und abgemeldet wird auf der Seite von Supermon-NG; dieses Gateway folgt innerhalb von Sekunden.',
  'no-accounts': 'Dieses Gateway hat keine Konten, also kann sich niemand anmelden: es mit --users oder --auth starten.',
}

/** What the client itself says of an answer without a word of the server names its status. */
const STATUS = / \(HTTP \d{3}\)(?=\.$)/

/** null = there is no sentence for that code. */
export function requestReason(code: string | null, message: string): string | null {
  const status = STATUS.exec(message)?.[0] ?? ''
  if (code === 'not-understood') return `Die Antwort des Servers ist nicht zu verstehen${status}.`
  if (code === 'refused') return status === '' ? null : `Der Server hat abgelehnt${status}.`
  return known(REQUEST, code)
}

const VOTER: Readonly<Record<Exclude<VoterCode, 'other'> | 'no-such-node' | 'bad-node', string>> = {
  ...REACH,
  'no-voter': 'Asterisk hat keinen Voter mit dieser Nummer: die Abschnitte von voter.conf und rxchannel in rpt.conf prüfen.',
  'voter-not-loaded': 'Dieser Asterisk hat keinen Voter: chan_voter ist nicht geladen. Es in modules.conf laden.',
  'no-such-node': 'Diesen Knoten gibt es hier nicht, oder er darf hier nicht gezeigt werden: die Nummer prüfen oder anmelden.',
  'bad-node': 'Das ist keine Knotennummer: die Nummer prüfen.',
}

/** null = there is no sentence for that code. */
export function voterReason(code: string | null, message: string): string | null {
  if (code === 'not-understood' && !STATUS.test(message)) {
    return 'Was dieser Server von seinen Votern sagt, ist hier nicht zu verstehen. Ein Gateway von Supermon Live daneben sagt es verständlich.'
  }
  return known(VOTER, code) ?? requestReason(code, message)
}

export function known<T>(sentences: Readonly<Record<string, T>>, code: string | null): T | null {
  return code !== null && Object.hasOwn(sentences, code) ? (sentences[code] ?? null) : null
}
