/**
 * Every word a person reads on the dashboard, in English; of commands in `enCommands.ts`, and why something is not as it should be in `enReasons.ts`. Plain strings,
 * and functions where a figure or a name goes in; no markup.
 */
import type { LinkKind, LinkMode, LinkConnectionState } from '../../../../protocol/nodeState.ts'
import type { PauseReason } from '../../services/connectionState.ts'
import { control, deed } from './enCommands.ts'
import { asItCame, reachReason, socketReason } from './enReasons.ts'
import { plural } from './plural.ts'

const KIND: Record<LinkKind, string | null> = {
  allstar: null,
  unknown: null,
  echolink: 'EchoLink',
  irlp: 'IRLP',
  phone: 'Phone',
  client: 'Client',
  private: 'Private',
}
const FILTER: Record<'all' | 'talking' | LinkKind, string> = {
  all: 'All',
  talking: 'Talking',
  allstar: 'AllStar',
  echolink: 'EchoLink',
  irlp: 'IRLP',
  phone: 'Phones',
  client: 'Clients',
  private: 'Private nodes',
  unknown: 'Other kinds',
}
const MODE: Record<LinkMode, string> = {
  transceive: 'Transceive',
  monitor: 'Monitor (receive only)',
  'local-monitor': 'Local monitor',
}
const LINK_STATE: Record<LinkConnectionState, string> = { established: 'Established', connecting: 'Connecting' }
const PAUSED: Record<PauseReason, string> = {
  offline: 'Paused: this device is offline',
  hidden: 'Paused: page in the background',
  'needs-auth': 'Paused: please sign in',
  'flag-off': 'Paused: live updates are switched off',
  refused: 'Paused: the server refused',
}

const some = (names: readonly string[]) => names.join(', ')
/** `Node 2000`, `Nodes 2000, 2001`, `17 nodes`: a list that is heard must be short. */
const nodesHead = (nodes: readonly string[]) =>
  nodes.length > 3 ? `${nodes.length} nodes` : `${plural(nodes.length, 'Node', 'Nodes')} ${some(nodes)}`
const stations = (who: readonly string[]) => (who.length > 3 ? `${who.length} stations` : some(who))
const onNodes = (nodes: readonly string[]) => (nodes.length > 3 ? `${nodes.length} nodes` : some(nodes))

export const english = {
  /** As in `<html lang>`. */
  language: 'en',
  direction: 'ltr' as 'ltr' | 'rtl',
  product: 'Supermon Live',
  notKnown: 'Unknown',

  column: {
    node: 'Node',
    info: 'Node Information',
    received: 'Received',
    link: 'Link',
    dir: 'Dir',
    connected: 'Connected',
    mode: 'Mode',
  },

  panel: {
    title: 'Node',
    caption: (id: string) => `Connections of node ${id}`,
    private: 'Private node',
    statsTitle: (id: string) => `Public statistics of node ${id}`,
    listen: 'Listen live',
    archive: 'Archive',
    waiting: 'Waiting for first data…',
    refused: 'No data: the server refused this node.',
    empty: 'No connections.',
    /** An empty list from a node that does not answer says nothing. */
    emptyUnknown: 'Connections unknown.',
    stale: 'Out of date: showing the last known state.',
    counts: (direct: number, indirect: number, more: boolean, connecting: number) => {
      const head = `${direct} direct${connecting === 0 ? '' : ` (${connecting} connecting)`}`
      if (indirect === 0 && !more) return head
      const plus = more ? '+' : ''
      return `${head} · ${indirect}${plus} indirect · ${direct + indirect}${plus} total`
    },
  },

  table: {
    order: 'Order',
    orders: { heard: 'Last heard', number: 'Node number' },
    sortNow: 'Sort now',
    find: 'Find a node, call sign or name',
    show: 'Links to show',
    filter: (filter: 'all' | 'talking' | LinkKind) => FILTER[filter],
    shown: (shown: number, total: number) => `${shown} of ${total} shown`,
    noneFits: 'No links match.',
    actions: (id: string) => `Actions for ${id}`,
    action: { disconnect: 'Disconnect', monitor: 'Monitor', favorite: 'Add to favorites' },
    permanentTitle: 'Change a permanent link?',
    surePermanent: (action: 'disconnect' | 'monitor', node: string, target: string) =>
      `${deed(action, node, target)} The link is currently permanent; after this it will no longer be redialled.`,
  },

  status: {
    idle: 'Idle',
    ptt: 'PTT-Keyed',
    cos: 'COS-Detected',
    both: 'COS-Detected and PTT-Keyed (Full-Duplex)',
    unknown: 'Unknown',
    down: 'Not answering',
    unknownHint: 'The node has not reported whether it is receiving or transmitting.',
    noReason: 'The server gives no reason.',
    lastSeen: 'Last seen:',
    label: (id: string) => `State of node ${id}`,
  },

  talk: {
    now: (_talkers: number) => 'Talking now',
    nobody: 'Nobody is talking',
    localReceiver: 'Local receiver',
    last: 'Last heard',
    ago: (age: string) => `${age} ago`,
    more: (n: number) => `and ${n} more`,
    suspended: 'Cannot tell right now who is talking',
  },

  link: {
    setTarget: (id: string) => `Set ${id} as target`,
    noName: 'Name unknown',
    kind: (kind: LinkKind) => KIND[kind],
    state: (state: LinkConnectionState) => LINK_STATE[state],
    redialled: (n: number) => `redialled ${n}×`,
    in: 'In',
    out: 'Out',
    mode: (mode: LinkMode) => MODE[mode],
    connecting: 'Connecting',
    /** It had called this node. */
    hungUp: 'Hung up',
    permanent: 'Permanent',
    talking: 'Talking',
    wasTalking: 'Was talking',
    never: 'Never',
  },

  telemetry: {
    label: 'Telemetry',
    cpuTemp: 'CPU',
    uptime: 'Up',
    load: 'Load',
    weather: 'Weather',
    disk: 'Disk',
    alert: 'Alert',
    noAlerts: 'No alerts',
    warning: 'Warning',
    critical: 'Critical',
  },

  facts: {
    label: (id: string) => `Connection to node ${id}`,
    socket: 'Socket',
    asterisk: 'Asterisk',
    retry: 'Retry now',
    retryTitle: (id: string) => `Try to connect to node ${id} now`,
    idle: 'Not watched',
    connecting: (attempt: number) => (attempt > 1 ? `Connecting… (try ${attempt})` : 'Connecting…'),
    connected: 'Connected',
    reconnecting: (seconds: number, attempt: number) =>
      seconds > 0 ? `Reconnecting in ${seconds} s (try ${attempt})` : `Reconnecting now (try ${attempt})`,
    paused: (why: PauseReason) => PAUSED[why],
    polled: 'Not used: polling instead',
    closed: 'Closed',
    answering: 'Answering',
    wasAnswering: 'Unknown (was answering)',
    notAnswering: (forMs: string | null, message: string | null) =>
      `Not answering${forMs === null ? '' : ` for ${forMs}`}${message === null ? '' : `: ${message}`}`,
    nothingHeard: 'Nothing heard yet',
    heardNow: 'Heard just now',
    heard: (age: string) => `Heard ${age} ago`,
    old: (age: string) => `Data is ${age} old`,
    heardAt: (time: string) => `Last heard at ${time}`,
    since: (time: string) => `Since ${time}`,
    polling: 'by polling',
    ageUnknown: 'Age unknown: this server only reports changes',
  },

  /** Why, and what to do. The sentences of client and gateway are English; a translation goes by their codes. */
  reason: {
    socket: socketReason,
    reach: reachReason,
    /** Of a voter that is not told of. */
    voter: asItCame,
    /** A sign-in, or the list of nodes. */
    request: asItCame,
  },

  /** What somebody who does not look is told, once per change. Many at once are one sentence. */
  announce: {
    connected: (nodes: readonly string[]) => `${nodesHead(nodes)}: connected.`,
    connectedAgain: (nodes: readonly string[]) => `${nodesHead(nodes)}: connected again.`,
    lost: (nodes: readonly string[]) => `${nodesHead(nodes)}: connection lost.`,
    /** To who tried again. @param what `Node 2000`, `Voter 2000` */
    notYet: (what: string) => `${what}: still not connected.`,
    asteriskDown: (nodes: readonly string[], reason: string | null) =>
      `${nodesHead(nodes)}: Asterisk is not answering.${reason === null ? '' : ` ${reason}`}`,
    asteriskUp: (nodes: readonly string[]) => `${nodesHead(nodes)}: Asterisk is answering again.`,
    talks: (who: readonly string[], nodes: readonly string[]) => `${stations(who)} ${plural(who.length, 'is', 'are')} talking on ${onNodes(nodes)}.`,
    linked: (who: readonly string[], nodes: readonly string[]) => `${stations(who)} connected to ${onNodes(nodes)}.`,
    unlinked: (who: readonly string[], nodes: readonly string[]) => `${stations(who)} disconnected from ${onNodes(nodes)}.`,
  },

  notices: {
    title: 'Sounds and announcements',
    ofNode: (id: string) => `Sounds and announcements for node ${id}`,
    ofAll: 'Sounds and announcements for all nodes',
    announced: 'Announce to the screen reader',
    loss: 'Connection lost and restored',
    links: 'Connects and disconnects',
    talk: 'Who is talking',
    heard: 'When somebody talks, connects or disconnects',
    sound: 'Play a tone',
    speech: 'Say it aloud',
    noSound: 'This browser cannot play sounds.',
    noSpeech: 'This browser cannot speak.',
    spoken: (id: string | null) => (id === null ? 'All nodes will be announced aloud.' : `Node ${id} will be announced aloud.`),
    kept: 'Saved in this browser.',
  },

  languages: {
    label: 'Language',
    failed: 'That language could not be loaded. Try again, or reload the page.',
  },

  header: {
    logo: (title: string) => `Logo of ${title}`,
    none: 'No nodes',
    allLive: (n: number) => (n === 1 ? '1 node · live' : `${n} nodes · all live`),
    notLive: (n: number, total: number) => (total === 1 ? 'Node not live' : `${n} of ${total} nodes not live`),
    waiting: (n: number, total: number) =>
      total === 1 ? 'Waiting for the node…' : `Waiting for ${n} of ${total} nodes…`,
  },

  session: {
    signIn: 'Sign in',
    signInTitle: 'Sign in',
    signInAs: (name: string) => `Signed in as ${name}`,
    signOut: 'Sign out',
    user: 'User name',
    password: 'Password',
    cancel: 'Cancel',
    wait: 'Signing in…',
    notSignedOut: 'Still signed in.',
    ended: 'No longer signed in.',
  },

  control,

  voter: {
    title: 'Voters',
    heading: (id: string) => `Voter ${id}`,
    close: 'Close',
    nodes: 'Nodes with a voter',
    nodesHint: 'Numbers, separated by commas',
    show: 'Show',
    noNodes: 'Enter a node first.',
    notANode: (text: string) => `“${text}” is not a node number.`,
    caption: (id: string) => `Receivers of voter ${id}`,
    receiver: 'Receiver',
    state: 'State',
    signal: 'Signal',
    lastMinute: 'Last minute',
    voted: 'Voted',
    voting: 'Voting',
    silent: 'No signal',
    mix: 'Mix',
    inactive: 'Inactive',
    master: 'Master',
    heard: 'is heard',
    nobody: 'No receiver is heard',
    suspended: 'Cannot tell right now which receiver is heard',
    of: (highest: number) => `of ${highest}`,
    history: (highest: number, seconds: number) =>
      highest === 0 ? 'No signal in the last minute' : `In the last minute: highest ${highest}, heard for ${seconds} s`,
    noHistory: 'No history of the last minute',
    counts: (receivers: number, inactive: number) =>
      `${receivers} ${plural(receivers, 'receiver', 'receivers')}${inactive === 0 ? '' : ` · ${inactive} inactive`}`,
    connecting: 'Connecting…',
    live: 'Live',
    polling: 'Polling once a second: no live connection',
    lost: 'No connection',
    age: (age: string) => `Last heard ${age} ago`,
    stale: 'Out of date: showing the last known state.',
    waiting: 'Waiting for first data…',
    none: 'This voter has no receivers yet.',
    retry: 'Retry now',
    retryTitle: (id: string) => `Try voter ${id} again now`,
    legend: 'What this shows',
    scale: (highest: number, decibels: number) =>
      `The signal is a number from 0 to ${highest}: 0 is no signal, ${highest} as good as it gets. The full scale spans about ${decibels} dB; each mark on a bar is about ${Math.round(decibels / 3)} dB. The curve beside it shows the last minute, up to now.`,
    explain: {
      voted: 'the receiver that is heard now',
      voting: 'also hears the signal, and could win the vote',
      mix: 'always mixed into the audio',
      silent: 'connected, but hears nothing',
      inactive: 'configured, but sends nothing',
      master: 'provides the timing for all the others',
    },
    say: {
      heard: (id: string, name: string) => `Voter ${id}: ${name} is heard.`,
      lost: (id: string) => `Voter ${id}: no longer up to date.`,
      back: (id: string) => `Voter ${id}: up to date again.`,
    },
  },

  chooser: {
    label: 'Nodes to show',
    all: (n: number) => (n === 1 ? 'The only node' : `All ${n} nodes`),
    some: (shown: number, n: number) => `Nodes: ${shown} of ${n}`,
  },

  menu: {
    label: 'Menu',
    newTab: '(opens in a new tab)',
    back: 'Back to the nodes',
  },

  settings: {
    label: 'Settings',
    theme: 'Theme',
    themes: { system: 'Match device', light: 'Light', dark: 'Dark', contrast: 'High contrast' },
    rollout: 'Rollout status',
  },

  demo: {
    title: 'Demonstration.',
    text: 'These nodes are simulated: no radio, no Asterisk. To watch your own, start the gateway with',
    command: '--config /path/to/allmon.ini',
    after: 'and reload this page.',
  },

  dashboard: {
    looking: 'Looking for nodes…',
    emptyTitle: 'There are no nodes to show.',
    emptyText:
      'The gateway has no nodes that you may see. Add one to its allmon.ini (it is reloaded automatically), or sign in.',
    errorTitle: 'The node list could not be loaded.',
    errorHint: 'Check that the gateway is running, then try again. Nodes already on the page carry on by themselves.',
    again: 'Try again',
    dismiss: 'Dismiss',
  },

  footer: {
    text: 'Live view of AllStarLink nodes. Green: somebody is talking. Blue: the node is transmitting. Every state is also shown in words.',
  },

  /** An age in whole seconds, minutes, hours or days, e.g. `3 s`, `2 min`. */
  age: (ms: number) => {
    const s = Math.max(0, Math.floor(ms / 1000))
    if (s < 60) return `${s} s`
    if (s < 3600) return `${Math.floor(s / 60)} min`
    if (s < 172_800) return `${Math.floor(s / 3600)} h`
    const days = Math.floor(s / 86_400)
    return `${days} ${plural(days, 'day', 'days')}`
  },
}
