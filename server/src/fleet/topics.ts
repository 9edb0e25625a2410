/**
 * Where what stands on the broker. One edge writes below its own name only, and one front below its own, so that a broker's access
 * list can hold each to it; `docs/scaling.md` has the lines.
 */
import { PEER_NAME } from '../config/optionValues.ts'

const ROOT = 'supermon-live/v1'

/** Is the edge there? Retained; the Last Will is written here too. */
export const statusTopic = (edge: string): string => `${ROOT}/edge/${edge}/status`
/** Which nodes it has, or had; retained. */
export const nodesTopic = (edge: string): string => `${ROOT}/edge/${edge}/nodes`
/** A sign of life, with the place of each node: who lacks something sees it. Retained, for its time. */
export const beatTopic = (edge: string): string => `${ROOT}/edge/${edge}/beat`
/** The whole truth of a node; retained. */
export const stateTopic = (edge: string, node: string): string => `${ROOT}/edge/${edge}/node/${level(node)}/state`
export const patchTopic = (edge: string, node: string): string => `${ROOT}/edge/${edge}/node/${level(node)}/patch`
/** The same of its voter, which nobody keeps: not retained. */
export const voterStateTopic = (edge: string, node: string): string => `${ROOT}/edge/${edge}/voter/${level(node)}/state`
export const voterPatchTopic = (edge: string, node: string): string => `${ROOT}/edge/${edge}/voter/${level(node)}/patch`
/** What Home Assistant shows of a node; retained. */
export const homeTopic = (edge: string, node: string): string => `${ROOT}/edge/${edge}/node/${level(node)}/home`
/** Of which nodes Home Assistant was told; retained, so that a later run takes back what is no longer true. */
export const homeListTopic = (edge: string): string => `${ROOT}/edge/${edge}/home`
/** What a front's viewers watch of an edge; retained for as long as the front says so. */
export const demandTopic = (edge: string, front: string): string => `${ROOT}/demand/${edge}/${front}`
/** Orders for the edge's nodes: requests in the sense of MQTT 5. */
export const orderTopic = (edge: string): string => `${ROOT}/order/${edge}`
export const replyTopic = (front: string): string => `${ROOT}/reply/${front}`

export const demandsOf = (edge: string): string => demandTopic(edge, '+')

/** The name at `+` of a topic that a filter of this room matched; null = it is none that an edge or front may have. */
export function nameIn(topic: string, filter: string): string | null {
  const name = topic.split('/')[filter.split('/').indexOf('+')] ?? ''
  return PEER_NAME.test(name) ? name : null
}

/** A node's id may hold a slash (`VE3ABC/W6-P`). */
function level(node: string): string {
  return encodeURIComponent(node)
}
