/** Commands, in English: what they are called, what is asked before one is given, and what is said of it. */
import type { LinkAction } from '../../../../protocol/actions.ts'
import type { CommandState } from '../../stores/commands.ts'
import { asItCame } from './enReasons.ts'
import { plural } from './plural.ts'

const ACTION = {
  connect: 'Connect',
  monitor: 'Monitor',
  'local-monitor': 'Local monitor',
  disconnect: 'Disconnect',
  'disconnect-all': 'Disconnect all',
  dtmf: 'DTMF',
}
/** What would be done, as a sentence. */
export const deed = (action: LinkAction, node: string, target: string) => {
  switch (action) {
    case 'connect':
      return `${node} connects to ${target}.`
    case 'monitor':
      return `${node} monitors ${target}.`
    case 'local-monitor':
      return `${node} monitors ${target} locally.`
    case 'disconnect':
      return `${node} disconnects ${target}.`
  }
}

export const control = {
  title: 'Commands',
  node: 'Node',
  commandsFor: (node: string) => `Commands for node ${node}`,
  target: 'Node to connect',
  targetHint: 'Number, call sign or place',
  found: 'Nodes that fit',
  because: { linked: 'linked', recent: 'recent' },
  permanent: 'Permanent',
  action: ACTION,
  more: 'More commands',
  disconnectAll: 'Disconnect all…',
  digits: 'DTMF digits',
  send: 'Send',
  badDigits: 'DTMF is 1 to 32 of the digits 0–9, A–D, * and #.',
  no: 'No',
  permanentTitle: 'A permanent link?',
  surePermanent: (action: LinkAction, node: string, target: string) =>
    `${deed(action, node, target)} The link is dialled again whenever it drops, until Asterisk restarts; over EchoLink and TLB never.`,
  yesPermanent: { connect: 'Yes, connect permanently', monitor: 'Yes, monitor permanently', 'local-monitor': 'Yes, monitor locally and permanently' },
  meant: (id: string, name: string) => `${id} is ${name}.`,
  meantTitle: 'Is this the node?',
  sureMeant: (action: LinkAction, node: string, target: string) => `One node fits. ${deed(action, node, target)}`,
  allTitle: 'End all links?',
  sureAll: (node: string, links: number) =>
    `Node ${node} disconnects ${links === 1 ? 'its only link' : `all its ${links} links`}, ${plural(links, 'also if it is permanent', 'permanent ones too')}.`,
  yesAll: 'Yes, disconnect all',
  asking: (what: string, target: string) => `${what}${target === '' ? '' : ` ${target}`}…`,
  outcome: { done: 'Done.', refused: 'Refused.', 'not-confirmed': 'Not confirmed.' },
  /** What came of it, after that. */
  result: ({ code, message }: CommandState, _node: string, _target: string) => asItCame(code, message),
  /** Why the buttons wait. */
  blocked: {
    'not-signed-in': () => 'Sign in to give commands.',
    refused: (node: string) => `The server does not give you node ${node}.`,
    reconnecting: (node: string) => `Connecting again: commands for ${node} wait until it is live.`,
    'not-heard': (node: string) => `Nothing is known of ${node} yet: commands wait for its first news.`,
    'asterisk-down': (node: string) => `Asterisk does not answer for ${node}: commands wait until it does.`,
  },
  noRight: 'You have no right to any command.',
  noTarget: 'Name a node first.',
  pressDisconnect: 'Press Disconnect to end that link: Enter never does.',
  searching: (text: string) => `Looking for “${text}”…`,
  several: (text: string, more: boolean) => `“${text}” fits several nodes${more ? ', and more than are shown' : ''}: choose one.`,
  noSuchNode: (text: string) => `No node fits “${text}”: give its number, or a call sign or place of the node list.`,
  noSuchLink: (node: string, text: string) => `No link of ${node} fits “${text}”.`,
  tooShort: 'Give a node number, or at least two letters.',
  unheard: 'The node list could not be asked: give the number of the node.',
}
