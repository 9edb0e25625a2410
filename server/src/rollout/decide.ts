/** What the words of the `rollout` command make of a rollout. Pure. */
import { fail, show } from '../config/optionValues.ts'
import type { Rollout } from '../config/rolloutFile.ts'
import { NODE_ID } from '../../../protocol/nodeState.ts'

export interface Decision {
  readonly rollout: Rollout
  /** What happens next, for who gave the command. */
  readonly says: string
}
type List = Rollout['allow']
type Kind = keyof List

const FOLLOW = 'Open pages follow within 10 s.'

/** @throws UsageError for words that are no decision */
export function decide(words: readonly string[], now: Rollout): Decision {
  const [verb = '', ...rest] = words
  switch (verb) {
    case 'set':
      return setPercent(rest, now)
    case 'off':
    case 'on': {
      if (rest.length > 0) fail(`rollout ${verb} takes nothing behind it, and got ${show(rest.join(' '))}`, 'leave it out')
      const rollout = { ...now, enabled: verb === 'on' }
      return { rollout, says: verb === 'on' ? `${stageOf(rollout)} ${FOLLOW}` : 'The kill switch is thrown: nobody holds a socket. Open pages poll within 10 s.' }
    }
    case 'allow':
    case 'deny':
    case 'unlist':
      return relist(verb, rest, now)
    default:
      return fail(`rollout has no command ${show(verb)}`, 'see: rollout --help')
  }
}

/** Who holds sockets, in one sentence. */
export function stageOf({ enabled, percent }: Pick<Rollout, 'enabled' | 'percent'>): string {
  if (!enabled) return `Nobody holds a socket: the kill switch is thrown, at ${percent} percent.`
  return percent === 0 ? 'Internal stage: listed users and nodes hold sockets, nobody else.' : `${percent} percent hold sockets.`
}

function setPercent(rest: readonly string[], now: Rollout): Decision {
  const [text = '', ...more] = rest
  if (more.length > 0 || !/^\d{1,3}$/.test(text) || Number(text) > 100) {
    fail(`rollout set takes a whole number from 0 to 100, and got ${show(rest.join(' '))}`, 'write for instance: rollout set 10')
  }
  const rollout = { ...now, percent: Number(text) }
  const next = now.enabled ? FOLLOW : 'It takes effect after: rollout on'
  return { rollout, says: `${stageOf(rollout)} ${next}` }
}

function relist(verb: 'allow' | 'deny' | 'unlist', rest: readonly string[], now: Rollout): Decision {
  const [kind = '', name = '', ...more] = rest
  const user = kind === 'user' && name.length <= 256 && /^[^\p{Cc}]+$/u.test(name)
  const node = kind === 'node' && NODE_ID.test(name)
  if (more.length > 0 || (!user && !node)) {
    fail(`rollout ${verb} takes a user or a node, and got ${show(rest.join(' '))}`, `write for instance: rollout ${verb} user W5GLE, or: rollout ${verb} node 546051`)
  }
  const key: Kind = user ? 'users' : 'nodes'
  const without = (list: List): List => ({ ...list, [key]: list[key].filter((each) => !sameName(each, name)) })
  const within = (list: List): List => ({ ...without(list), [key]: [...without(list)[key], name] })
  const rollout = {
    ...now,
    allow: (verb === 'allow' ? within : without)(now.allow),
    deny: (verb === 'deny' ? within : without)(now.deny),
  }
  if (Math.max(rollout.allow[key].length, rollout.deny[key].length) > 1_000) fail('a list holds 1,000 at most', 'take somebody off it first')
  const what = { allow: 'holds sockets at every stage', deny: 'holds no socket', unlist: 'is on no list' }[verb]
  return { rollout, says: `${user ? 'User' : 'Node'} ${name} ${what}. ${FOLLOW}` }
}

/** Is it the same user or node, however somebody capitalised it? */
export function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
