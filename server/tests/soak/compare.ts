/** Is a page right, once everything has had its time? */
import { displayName } from '../../../protocol/names.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import { STATION_LIST } from '../../src/fake-asterisk/stations.ts'
import type { Page } from './page.ts'
import type { Stage } from './stage.ts'

/** A page's clock follows the gateway's by its frames, the slowest of which took this long, ms. */
const CLOCK_TOLERANCE = 3_000

const NAMES = new Map(STATION_LIST.trim().split('\n').map((line) => {
  // Blanks in a row are one, as on any page.
  const [id = '', callsign = '', description = '', location = ''] = line.replace(/ +/g, ' ').split('|')
  return [id, displayName({ callsign, description, location })]
}))

/** What is wrong with what the page shows of the node, in words; empty when nothing is. */
export function wrongs({ truth, rights, clockShift }: Stage, page: Page, node: string): string[] {
  const { state, stale, transport } = page.shows(node)
  if (!rights.maySee(page.kind.jar?.user ?? null, node)) return state === undefined || stale ? [] : ['is shown, may not be']
  if (state === undefined) return ['nothing is shown']
  const wanted = page.kind.way === 'polling' ? 'polling' : 'socket'
  const off = page.client.sockets.serverNow() - (Date.now() + clockShift)
  return [
    ...(stale ? ['it is said to be old'] : []),
    ...(transport === wanted ? [] : [`it comes by ${transport} (${connection(page, node)})`]),
    ...truth.lies(node, state, transport === 'polling', clockShift),
    ...(truth.isReachable(node) ? [...misnamed(state), ...addresses(page, state, rights.maySeePeers(page.kind.jar?.user ?? null))] : []),
    ...(Math.abs(off) <= CLOCK_TOLERANCE ? [] : [`its clock is ${Math.round(off / 1_000)} s ahead of the gateway's`]),
  ]
}

function connection(page: Page, node: string): string {
  const { status, ...rest } = page.client.sockets.getNodeState(node)
  return 'reason' in rest ? `${status}: ${rest.reason.message}` : status
}

function misnamed({ links }: NodeState): string[] {
  return Object.entries(links).flatMap(([name, link]) => {
    const wanted = NAMES.get(name)
    return wanted === undefined || displayName(link) === wanted ? [] : [`${name} is called ${displayName(link)}, not ${wanted}`]
  })
}

function addresses(page: Page, { links }: NodeState, may: boolean): string[] {
  const seen = Object.values(links).some(({ kind, peer }) => kind === 'allstar' && peer != null)
  const some = Object.values(links).some(({ kind, state }) => kind === 'allstar' && state === 'established')
  if (seen && !may) return [`${page.kind.jar?.user ?? 'a stranger'} is shown addresses`]
  return some && may && !seen ? ['no addresses are shown'] : []
}
