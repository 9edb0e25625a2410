/** Does a page show what is, as well as it can? */
import type { Stage } from './stage.ts'
import { peersMissing } from './truth.ts'

/** Does the page show what the server holds, and by the best way there is? */
export function isCurrent(stage: Stage, node: string): boolean {
  const { client, server, watchman, access, kind, topology } = stage
  const feed = server.life?.feeds.get(node)
  const state = client.sockets.getNodeState(node)
  // A node that is not there is told so. Supermon-NG only hangs up, again and again.
  if (feed === undefined) return kind === 'supermon-ng' || (state.status === 'paused' && state.why === 'refused')
  const { shown, update } = watchman.entry(node)
  if (isDeadUnnoticed(stage, node) || update === null) return false
  if (shown?.life !== server.life?.number || shown?.seq !== feed.seq) return false
  if (access.signedIn && peersMissing(update.state, feed.state)) return false
  if (client.sockets.isNodeConnected(node)) return true
  // What is too much for one connection is polled; so is a Supermon-NG of which a common socket is wanted.
  const tooMany = state.status === 'paused' && state.reason.serverCode === 'too-many-nodes'
  const wantsCommon = kind === 'supermon-ng' && topology === 'shared'
  return (tooMany || wantsCommon) && client.ladder.transportOf(node) === 'polling'
}

/**
 * The socket that the node hangs on is dead, and lives as far as the page knows. Nothing tells a hidden page of it: a node that is
 * asked for on a common one is not answered then, whatever its own state.
 */
export function isDeadUnnoticed({ network, endpointOf }: Stage, node: string): boolean {
  const endpoint = endpointOf(node)
  return network.held().some((link) => link.endpoint === endpoint && link.dead && link.socket.readyState === 1 && link.socket.spoken)
}

export function describeNode({ client, server, watchman }: Stage, node: string): string {
  return JSON.stringify({
    state: client.sockets.getNodeState(node),
    transport: client.ladder.transportOf(node),
    shown: watchman.entry(node).shown,
    server: { life: server.life?.number, seq: server.life?.feeds.get(node)?.seq },
  })
}
