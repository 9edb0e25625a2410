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
      return `${node} will connect to ${target}.`
    case 'monitor':
      return `${node} will monitor ${target}.`
    case 'local-monitor':
      return `${node} will monitor ${target} locally.`
    case 'disconnect':
      return `${node} will disconnect from ${target}.`
  }
}

export const control = {
  title: 'Commands',
  node: 'Node',
  commandsFor: (node: string) => `Commands for node ${node}`,
  target: 'Target node',
  targetHint: 'Number, call sign or place',
  found: 'Matching nodes',
  because: { linked: 'linked', recent: 'recent' },
  permanent: 'Permanent',
  action: ACTION,
  more: 'More commands',
  disconnectAll: 'Disconnect all…',
  digits: 'DTMF digits',
  send: 'Send',
  badDigits: 'Enter 1 to 32 DTMF digits: 0–9, A–D, * and #.',
  no: 'No',
  permanentTitle: 'Make this link permanent?',
  surePermanent: (action: LinkAction, node: string, target: string) =>
    `${deed(action, node, target)} The link will be redialled whenever it drops, until Asterisk restarts; EchoLink and TLB links are never redialled.`,
  yesPermanent: { connect: 'Yes, connect permanently', monitor: 'Yes, monitor permanently', 'local-monitor': 'Yes, monitor locally and permanently' },
  meant: (id: string, name: string) => `${id} is ${name}.`,
  meantTitle: 'Is this the right node?',
  sureMeant: (action: LinkAction, node: string, target: string) => `One node matches. ${deed(action, node, target)}`,
  allTitle: 'Disconnect all links?',
  sureAll: (node: string, links: number) =>
    links === 0
      ? `Node ${node} has no links that this disconnects.`
      : `Node ${node} will disconnect ${links} ${plural(links, 'link, even if it is permanent', 'links, including permanent ones')}. Web clients and phones stay.`,
  yesAll: 'Yes, disconnect all',
  asking: (what: string, target: string) => `${what}${target === '' ? '' : ` ${target}`}…`,
  outcome: { done: 'Done.', refused: 'Refused.', 'not-confirmed': 'Not confirmed.' },
  /** What came of it, after that. */
  result: ({ code, message }: CommandState, _node: string, _target: string) => asItCame(code, message),
  /** Why the buttons wait. */
  blocked: {
    'not-signed-in': () => 'Sign in to send commands.',
    refused: (node: string) => `The server does not provide node ${node}.`,
    reconnecting: (node: string) => `Reconnecting: no commands for ${node} until it is live.`,
    'not-heard': (node: string) => `No data from ${node} yet: no commands until it arrives.`,
    'asterisk-down': (node: string) => `Asterisk is not answering for ${node}: no commands until it does.`,
  },
  noRight: 'You are not allowed to send commands.',
  noTarget: 'Enter a node first.',
  pressDisconnect: 'Press Disconnect to end that link; the Enter key never does.',
  searching: (text: string) => `Looking for “${text}”…`,
  several: (text: string, more: boolean) => `“${text}” matches ${more ? 'more nodes than are shown: choose one, or write more.' : 'several nodes: choose one.'}`,
  noSuchNode: (text: string) => `No node matches “${text}”: enter its number, or a call sign or place from the node list.`,
  noSuchLink: (node: string, text: string) => `No link of ${node} matches “${text}”.`,
  tooShort: 'Enter a node number, or at least two letters.',
  unheard: 'The node list could not be searched: enter the node number.',
}
