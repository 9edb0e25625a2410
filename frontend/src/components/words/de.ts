/**
 * Every word a person reads on the dashboard, in German, without addressing anybody. What the gateway or the client say in English
 * is told by its code.
 */
import type { LinkKind, LinkMode, LinkConnectionState } from '../../../../protocol/nodeState.ts'
import type { PauseReason } from '../../services/connectionState.ts'
import type { Words } from '../words.ts'
import { control, deed } from './deCommands.ts'
import { reachReason, requestReason, socketReason, voterReason } from './deReasons.ts'
import { plural } from './plural.ts'

const KIND: Record<LinkKind, string | null> = {
  allstar: null,
  unknown: null,
  echolink: 'EchoLink',
  irlp: 'IRLP',
  phone: 'Telefon',
  client: 'Client',
  private: 'Privat',
}
const FILTER: Record<'all' | 'talking' | LinkKind, string> = {
  all: 'Alle',
  talking: 'Es sprechen',
  allstar: 'AllStar',
  echolink: 'EchoLink',
  irlp: 'IRLP',
  phone: 'Telefone',
  client: 'Clients',
  private: 'Private Knoten',
  unknown: 'Andere',
}
const MODE: Record<LinkMode, string> = {
  transceive: 'Senden und Empfangen',
  monitor: 'Mithören (nur Empfang)',
  'local-monitor': 'Lokal mithören',
}
const LINK_STATE: Record<LinkConnectionState, string> = { established: 'Verbunden', connecting: 'Verbindet' }
const PAUSED: Record<PauseReason, string> = {
  offline: 'Pausiert: dieses Gerät ist offline',
  hidden: 'Pausiert: Seite im Hintergrund',
  'needs-auth': 'Pausiert: Anmeldung nötig',
  'flag-off': 'Pausiert: Live-Verbindungen sind abgeschaltet',
  refused: 'Pausiert: der Server hat abgelehnt',
}

const some = (names: readonly string[]) => names.join(', ')
/** A list that is heard must be short. */
const nodesHead = (nodes: readonly string[]) => (nodes.length > 3 ? `${nodes.length} Knoten` : `Knoten ${some(nodes)}`)
const stations = (who: readonly string[]) => (who.length > 3 ? `${who.length} Stationen` : some(who))
const onNodes = (nodes: readonly string[]) => (nodes.length > 3 ? `${nodes.length} Knoten` : some(nodes))

export const german: Words = {
  language: 'de',
  direction: 'ltr',
  product: 'Supermon Live',
  notKnown: 'Nicht bekannt',

  column: {
    node: 'Knoten',
    info: 'Knoteninformation',
    received: 'Empfangen',
    link: 'Link',
    dir: 'Ri.',
    connected: 'Verbunden',
    mode: 'Modus',
  },

  panel: {
    title: 'Knoten',
    caption: (id) => `Verbindungen von Knoten ${id}`,
    private: 'Privater Knoten',
    statsTitle: (id) => `Öffentliche Statistik von Knoten ${id}`,
    listen: 'Live hören',
    archive: 'Archiv',
    waiting: 'Wartet auf erste Daten …',
    refused: 'Keine Daten: der Server verweigert diesen Knoten.',
    empty: 'Keine Verbindungen.',
    emptyUnknown: 'Verbindungen nicht bekannt.',
    stale: 'Nicht aktuell: so sah es zuletzt aus.',
    counts: (direct, indirect, more, connecting) => {
      const head = `${direct} direkt${connecting === 0 ? '' : ` (${connecting} im Aufbau)`}`
      if (indirect === 0 && !more) return head
      const plus = more ? '+' : ''
      return `${head} · ${indirect}${plus} dahinter · ${direct + indirect}${plus} insgesamt`
    },
  },

  table: {
    order: 'Reihenfolge',
    orders: { heard: 'Zuletzt gehört', number: 'Knotennummer' },
    sortNow: 'Jetzt sortieren',
    find: 'Knoten, Rufzeichen oder Namen suchen',
    show: 'Welche Verbindungen gezeigt werden',
    filter: (filter) => FILTER[filter],
    shown: (shown, total) => `${shown} von ${total} gezeigt`,
    noneFits: 'Keine Verbindung passt.',
    actions: (id) => `Befehle für ${id}`,
    action: { disconnect: 'Trennen', monitor: 'Mithören', favorite: 'Zu den Favoriten' },
    permanentTitle: 'Dauerhafte Verbindung ändern?',
    surePermanent: (action, node, target) =>
      `${deed(action, node, target)} Die Verbindung ist derzeit dauerhaft und wird danach nicht mehr von selbst neu gewählt.`,
  },

  status: {
    idle: 'Ruhe',
    ptt: 'Sender getastet (PTT)',
    cos: 'Empfang (COS)',
    both: 'Empfang (COS) und Sender getastet (PTT), vollduplex',
    unknown: 'Nicht bekannt',
    down: 'Antwortet nicht',
    unknownHint: 'Der Knoten hat nicht gemeldet, ob er empfängt oder sendet.',
    noReason: 'Der Server nennt keinen Grund.',
    lastSeen: 'Zuletzt gesehen:',
    label: (id) => `Zustand von Knoten ${id}`,
  },

  talk: {
    now: (talkers) => plural(talkers, 'Es spricht', 'Es sprechen'),
    nobody: 'Niemand spricht',
    localReceiver: 'Lokaler Empfänger',
    last: 'Zuletzt gehört',
    ago: (age) => `vor ${age}`,
    more: (n) => `und ${n} weitere`,
    suspended: 'Wer spricht, ist gerade nicht bekannt',
  },

  link: {
    setTarget: (id) => `${id} als Ziel nehmen`,
    noName: 'Name nicht bekannt',
    kind: (kind) => KIND[kind],
    state: (state) => LINK_STATE[state],
    redialled: (n) => `${n}× neu gewählt`,
    in: 'Eing.',
    out: 'Ausg.',
    mode: (mode) => MODE[mode],
    connecting: 'Verbindet',
    hungUp: 'Aufgelegt',
    permanent: 'Dauerhaft',
    talking: 'Spricht',
    wasTalking: 'Sprach',
    never: 'Nie',
  },

  telemetry: {
    label: 'Telemetrie',
    cpuTemp: 'CPU',
    uptime: 'Laufzeit',
    load: 'Last',
    weather: 'Wetter',
    disk: 'Speicher',
    alert: 'Meldung',
    noAlerts: 'Keine Meldungen',
    warning: 'Warnung',
    critical: 'Kritisch',
  },

  facts: {
    label: (id) => `Verbindung zu Knoten ${id}`,
    socket: 'Socket',
    asterisk: 'Asterisk',
    retry: 'Jetzt versuchen',
    retryTitle: (id) => `Jetzt versuchen, Knoten ${id} zu erreichen`,
    idle: 'Nicht beobachtet',
    connecting: (attempt) => (attempt > 1 ? `Verbindet … (Versuch ${attempt})` : 'Verbindet …'),
    connected: 'Verbunden',
    reconnecting: (seconds, attempt) =>
      seconds > 0 ? `Neuer Versuch in ${seconds} s (Versuch ${attempt})` : `Verbindet neu (Versuch ${attempt})`,
    paused: (why) => PAUSED[why],
    polled: 'Nicht benutzt: die Seite fragt nach',
    closed: 'Geschlossen',
    answering: 'Antwortet',
    wasAnswering: 'Nicht bekannt (antwortete zuletzt)',
    notAnswering: (forMs, message) => `Antwortet nicht${forMs === null ? '' : ` seit ${forMs}`}${message === null ? '' : `: ${message}`}`,
    nothingHeard: 'Noch nichts gehört',
    heardNow: 'Gerade eben gehört',
    heard: (age) => `Vor ${age} gehört`,
    old: (age) => `Daten von vor ${age}`,
    heardAt: (time) => `Zuletzt gehört um ${time}`,
    since: (time) => `Seit ${time}`,
    polling: 'durch Nachfragen',
    ageUnknown: 'Alter nicht bekannt: dieser Server meldet sich nur, wenn sich etwas ändert',
  },

  reason: {
    socket: socketReason,
    reach: reachReason,
    voter: voterReason,
    request: requestReason,
  },

  announce: {
    connected: (nodes) => `${nodesHead(nodes)}: verbunden.`,
    connectedAgain: (nodes) => `${nodesHead(nodes)}: wieder verbunden.`,
    lost: (nodes) => `${nodesHead(nodes)}: Verbindung verloren.`,
    notYet: (what) => `${what}: noch nicht verbunden.`,
    asteriskDown: (nodes, reason) => `${nodesHead(nodes)}: Asterisk antwortet nicht.${reason === null ? '' : ` ${reason}`}`,
    asteriskUp: (nodes) => `${nodesHead(nodes)}: Asterisk antwortet wieder.`,
    talks: (who, nodes) => `${stations(who)} ${plural(who.length, 'spricht', 'sprechen')} auf ${onNodes(nodes)}.`,
    linked: (who, nodes) => `${stations(who)} mit ${onNodes(nodes)} verbunden.`,
    unlinked: (who, nodes) => `${stations(who)} von ${onNodes(nodes)} getrennt.`,
  },

  notices: {
    title: 'Töne und Ansagen',
    ofNode: (id) => `Töne und Ansagen von Knoten ${id}`,
    ofAll: 'Töne und Ansagen aller Knoten',
    announced: 'Der Sprachausgabe des Geräts melden',
    loss: 'Verlust und Rückkehr der Verbindung',
    links: 'Verbinden und Trennen',
    talk: 'Wer spricht',
    heard: 'Wenn jemand spricht, sich verbindet oder trennt',
    sound: 'Ton abspielen',
    speech: 'Laut ansagen',
    noSound: 'Dieser Browser hat keinen Ton.',
    noSpeech: 'Dieser Browser kann nicht sprechen.',
    spoken: (id) => (id === null ? 'Alle Knoten werden laut angesagt.' : `Knoten ${id} wird laut angesagt.`),
    kept: 'In diesem Browser gemerkt.',
  },

  languages: {
    label: 'Sprache',
    failed: 'Diese Sprache konnte nicht geladen werden. Bitte erneut versuchen oder die Seite neu laden.',
  },

  header: {
    logo: (title) => `Logo von ${title}`,
    none: 'Keine Knoten',
    allLive: (n) => (n === 1 ? '1 Knoten · live' : `${n} Knoten · alle live`),
    notLive: (n, total) => (total === 1 ? 'Knoten nicht live' : `${n} von ${total} Knoten nicht live`),
    waiting: (n, total) => (total === 1 ? 'Wartet auf den Knoten …' : `Wartet auf ${n} von ${total} Knoten …`),
  },

  session: {
    signIn: 'Anmelden',
    signInTitle: 'Anmelden',
    signInAs: (name) => `Angemeldet als ${name}`,
    signOut: 'Abmelden',
    user: 'Benutzername',
    password: 'Passwort',
    cancel: 'Abbrechen',
    wait: 'Meldet an …',
    notSignedOut: 'Noch angemeldet.',
    ended: 'Nicht mehr angemeldet.',
  },

  control,

  voter: {
    title: 'Voter',
    heading: (id) => `Voter ${id}`,
    close: 'Schließen',
    nodes: 'Knoten mit Voter',
    nodesHint: 'Nummern, durch Kommas getrennt',
    show: 'Anzeigen',
    noNodes: 'Zuerst einen Knoten nennen.',
    notANode: (text) => `„${text}“ ist keine Knotennummer.`,
    caption: (id) => `Empfänger von Voter ${id}`,
    receiver: 'Empfänger',
    state: 'Zustand',
    signal: 'Signal',
    lastMinute: 'Letzte Minute',
    voted: 'Gewählt',
    voting: 'In der Wahl',
    silent: 'Kein Signal',
    mix: 'Mix',
    inactive: 'Inaktiv',
    master: 'Master',
    heard: 'ist zu hören',
    nobody: 'Kein Empfänger ist zu hören',
    suspended: 'Wer zu hören ist, ist gerade nicht bekannt',
    of: (highest) => `von ${highest}`,
    history: (highest, seconds) =>
      highest === 0 ? 'Kein Signal in der letzten Minute' : `In der letzten Minute: höchstens ${highest}, ${seconds} s lang zu hören`,
    noHistory: 'Von der letzten Minute ist nichts bekannt',
    counts: (receivers, inactive) => `${receivers} Empfänger${inactive === 0 ? '' : ` · ${inactive} inaktiv`}`,
    connecting: 'Verbindet …',
    live: 'Live',
    polling: 'Wird jede Sekunde abgefragt: es gibt keine Live-Verbindung',
    lost: 'Keine Verbindung',
    age: (age) => `Zuletzt vor ${age} gehört`,
    stale: 'Nicht aktuell: so sah es zuletzt aus.',
    waiting: 'Wartet auf erste Daten …',
    none: 'Dieser Voter hat noch keine Empfänger.',
    retry: 'Jetzt versuchen',
    retryTitle: (id) => `Jetzt nach Voter ${id} fragen`,
    legend: 'Was hier zu sehen ist',
    scale: (highest, decibels) =>
      `Das Signal ist eine Zahl von 0 bis ${highest}: 0 heißt kein Signal, ${highest} ist das Beste. Die ganze Skala umfasst etwa ${decibels} dB, jede Marke auf einem Balken etwa ${Math.round(decibels / 3)} dB. Die Kurve daneben ist die letzte Minute, an ihrem Ende ist jetzt.`,
    explain: {
      voted: 'der Empfänger, der gerade zu hören ist',
      voting: 'hört das Signal auch und könnte gewählt werden',
      mix: 'wird dem Ton immer beigemischt',
      silent: 'verbunden, hört aber nichts',
      inactive: 'eingerichtet, aber es kommt nichts von ihm',
      master: 'gibt allen anderen die Zeit',
    },
    say: {
      heard: (id, name) => `Voter ${id}: ${name} ist zu hören.`,
      lost: (id) => `Voter ${id}: nicht mehr aktuell.`,
      back: (id) => `Voter ${id}: wieder aktuell.`,
    },
  },

  chooser: {
    label: 'Angezeigte Knoten',
    all: (n) => (n === 1 ? 'Der einzige Knoten' : `Alle ${n} Knoten`),
    some: (shown, n) => `Knoten: ${shown} von ${n}`,
  },

  menu: {
    label: 'Menü',
    newTab: '(öffnet einen neuen Tab)',
    back: 'Zurück zu den Knoten',
  },

  settings: {
    label: 'Einstellungen',
    theme: 'Farben',
    themes: { system: 'Wie das Gerät', light: 'Hell', dark: 'Dunkel', contrast: 'Hoher Kontrast' },
    rollout: 'Stand der Umstellung (englisch)',
  },

  demo: {
    title: 'Vorführung.',
    text: 'Diese Knoten sind simuliert: kein Funkgerät, kein Asterisk. Für die eigenen das Gateway starten mit',
    command: '--config /path/to/allmon.ini',
    after: 'und diese Seite neu laden.',
  },

  dashboard: {
    looking: 'Sucht Knoten …',
    emptyTitle: 'Es gibt keinen Knoten zu zeigen.',
    emptyText:
      'Das Gateway kennt keinen Knoten, der hier gezeigt werden darf. Einen in seine allmon.ini eintragen (sie wird von selbst neu gelesen) oder anmelden.',
    errorTitle: 'Die Liste der Knoten war nicht zu lesen.',
    errorHint: 'Prüfen, ob das Gateway läuft, dann erneut versuchen. Knoten, die schon gezeigt werden, laufen von selbst weiter.',
    again: 'Erneut versuchen',
    dismiss: 'Ausblenden',
  },

  footer: {
    text: 'Live-Ansicht von AllStarLink-Knoten. Grün: jemand spricht. Blau: der Knoten sendet. Jeder Zustand steht auch in Worten da.',
  },

  age: (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000))
    if (s < 60) return `${s} s`
    if (s < 3600) return `${Math.floor(s / 60)} min`
    if (s < 172_800) return `${Math.floor(s / 3600)} h`
    // Two days at least; after "vor" and "seit".
    return `${Math.floor(s / 86_400)} Tagen`
  },
}
