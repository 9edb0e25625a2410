/** The mode that a link had before it was called again. Nobody is told of it: it is no part of the state. */
import type { LinkMode, LinkState } from '../../../protocol/nodeState.ts'

/** Of links that are being called, whose mode app_rpt hides. */
const before = new WeakMap<LinkState, LinkMode>()

/** `link` is `was`, being called. */
export function keepMode(link: LinkState, was: LinkState): void {
  const mode = lastMode(was)
  if (mode !== undefined) before.set(link, mode)
}

/**
 * Is a link in this mode another one than `was`? app_rpt's own redials keep the mode; in another one somebody has made it anew, but for
 * EchoLink links, which change it as they are (app_rpt rpt_link_connect).
 */
export function isOtherMode(was: LinkState, mode: LinkMode | null): boolean {
  const last = lastMode(was)
  return was.kind !== 'echolink' && mode !== null && last !== undefined && mode !== last
}

function lastMode(link: LinkState): LinkMode | undefined {
  return link.mode ?? before.get(link)
}
