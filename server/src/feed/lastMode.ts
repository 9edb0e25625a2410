/** The mode in which each link of a node was told last: app_rpt hides it while it calls the link again. Nobody is told of it, it is no part of the state. */
import type { LinkMode, LinkState, NodeState } from '../../../protocol/nodeState.ts'

/** By the name of the link. */
export type LastModes = ReadonlyMap<string, LinkMode>

/** `links` are all that there are from now on. */
export function keepModes(modes: Map<string, LinkMode>, links: NodeState['links']): void {
  for (const name of modes.keys()) if (!Object.hasOwn(links, name)) modes.delete(name)
  for (const [name, { mode }] of Object.entries(links)) if (mode !== null) modes.set(name, mode)
}

/**
 * Is a link in this mode another one than `was`? app_rpt's own redials keep the mode; in another one somebody has made it anew, but for
 * EchoLink links, which change it as they are (app_rpt rpt_link_connect).
 * @param kept the mode that is kept of it
 */
export function isOtherMode(was: LinkState, kept: LinkMode | undefined, mode: LinkMode | null): boolean {
  const last = was.mode ?? kept
  return was.kind !== 'echolink' && mode !== null && last !== undefined && mode !== last
}
