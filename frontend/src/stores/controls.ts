import type { LinkAction } from '../../../protocol/actions.ts'
import type { ControlResult, ControlService } from '../services/ControlService.ts'
import { nodeIdOf } from './nodeId.ts'

/** A node id, as callers have it. */
export type NodeId = string | number

/**
 * Supermon-NG's two ways to name a link: since 4.1 local and remote node, before that the remote one alone. The last two
 * signatures say its own types, for who hands the action on as one that promises nothing.
 */
export interface LinkControl {
  (localNode: NodeId, remoteNode: NodeId): Promise<ControlResult>
  (remoteNode: NodeId): Promise<ControlResult>
  (localNode: NodeId, remoteNode: NodeId): Promise<void>
  (remoteNode: NodeId): Promise<void>
}
export interface ConnectControl {
  (localNode: NodeId, remoteNode: NodeId, permanent?: boolean): Promise<ControlResult>
  (remoteNode: NodeId, permanent?: boolean): Promise<ControlResult>
  (localNode: NodeId, remoteNode: NodeId, permanent?: boolean): Promise<void>
  (remoteNode: NodeId, permanent?: boolean): Promise<void>
}

export interface Controls {
  readonly connectNode: ConnectControl
  readonly permConnectNode: LinkControl
  readonly monitorNode: ConnectControl
  readonly monitorCmdNode: LinkControl
  readonly localMonitorNode: ConnectControl
  readonly disconnectNode: LinkControl
  /** Ends every link of the node, permanent ones too. */
  disconnectAll(localNode: NodeId): Promise<ControlResult>
  sendDtmf(localNode: NodeId, digits: string): Promise<ControlResult>
}

/**
 * The store's control actions. Each rejects with a sentence for people when the node did not or will not do it, as their
 * callers expect; `not-confirmed` resolves, because it may still come.
 *
 * @param localNode that acts when only the remote one is named; undefined = there is none
 * @param after is called when the node was asked to do something
 */
export function makeControls(control: ControlService, localNode: () => string | undefined, after: () => Promise<void>): Controls {
  async function link(action: LinkAction, nodes: readonly [NodeId, NodeId | undefined], permanent = false): Promise<ControlResult> {
    const [first, second] = nodes
    const local = second === undefined ? localNode() : first
    if (local === undefined) throw new Error('No node is shown that could do this: choose one first.')
    return finish(await control.link(action, nodeIdOf(local), nodeIdOf(second ?? first), permanent))
  }
  async function finish(result: ControlResult): Promise<ControlResult> {
    if (result.outcome === 'refused') throw new Error(result.message)
    await after()
    return result
  }
  const simple = (action: LinkAction, permanent = false) =>
    ((first: NodeId, second?: NodeId) => link(action, [first, second], permanent)) as LinkControl
  const linking = (action: LinkAction) =>
    ((first: NodeId, second?: NodeId | boolean, third?: boolean) =>
      typeof second === 'boolean' || second === undefined
        ? link(action, [first, undefined], second)
        : link(action, [first, second], third)) as ConnectControl
  return {
    connectNode: linking('connect'),
    permConnectNode: simple('connect', true),
    monitorNode: linking('monitor'),
    monitorCmdNode: simple('monitor'),
    localMonitorNode: linking('local-monitor'),
    disconnectNode: simple('disconnect'),
    disconnectAll: async (local) => finish(await control.disconnectAll(nodeIdOf(local))),
    sendDtmf: async (local, digits) => finish(await control.dtmf(nodeIdOf(local), digits)),
  }
}
