/** What `rollout status` prints. */
import type { Rollout } from '../config/rolloutFile.ts'
import { EVERYBODY, shadowShare } from '../config/rolloutFile.ts'
import { stageOf } from './decide.ts'

const SHOWN = 5

/** @param rollout null = there is no such file */
export function statusText(rollout: Rollout | null, path: string): string {
  const full = rollout ?? EVERYBODY
  const { allow, deny, minVersion, topology, history } = full
  const lines = [
    stageOf(full),
    '',
    ['Kill switch', full.enabled ? 'not thrown' : 'thrown; back with: rollout on'],
    ['Allowed', listText(allow)],
    ['Denied', listText(deny)],
    ['Compare', shadowShare(full) === 0 ? 'nobody' : `${shadowShare(full) * 100} % of the pages on sockets`],
    ...(minVersion === null ? [] : [['Oldest page', minVersion]]),
    ...(topology === null ? [] : [['Topology', topology]]),
    ['File', rollout === null ? `${path} is not there: the first change makes it` : path],
    ...(history.length === 0 ? [] : ['', 'Last changes']),
    ...history.slice(-SHOWN).reverse().map(({ at, by, did }) => `  ${at.slice(0, 16).replace('T', ' ')}  ${by}  ${did}`),
  ]
  return `${lines.map((line) => (typeof line === 'string' ? line : `${(line[0] ?? '').padEnd(13)}${line[1] ?? ''}`)).join('\n')}\n`
}

function listText({ users, nodes }: Rollout['allow']): string {
  const parts = [...(users.length > 0 ? [`users ${users.join(', ')}`] : []), ...(nodes.length > 0 ? [`nodes ${nodes.join(', ')}`] : [])]
  return parts.length === 0 ? 'nobody by name' : parts.join('; ')
}
