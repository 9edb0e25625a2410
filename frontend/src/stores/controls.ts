import type { ControlResult, ControlService, LinkAction } from '../services/ControlService.ts'

/** Supermon-NG's two ways to name a link: since 4.1 local and remote node, before that the remote one alone. */
export interface LinkControl {
  (localNode: string, remoteNode: string): Promise<ControlResult>
  (remoteNode: string): Promise<ControlResult>
}
export interface ConnectControl {
  (localNode: string, remoteNode: string, permanent?: boolean): Promise<ControlResult>
  (remoteNode: string, permanent?: boolean): Promise<ControlResult>
}

export interface Controls {
  readonly connectNode: ConnectControl
  readonly permConnectNode: LinkControl
  readonly monitorNode: ConnectControl
  readonly monitorCmdNode: LinkControl
  readonly localMonitorNode: ConnectControl
  readonly disconnectNode: LinkControl
  /** Ends every link of the node, permanent ones too. */
  disconnectAll(localNode: string): Promise<ControlResult>
  sendDtmf(localNode: string, digits: string): Promise<ControlResult>
}

/**
 * The store's control actions. Each rejects with a sentence for people when the node did not or will not do it, as their
 * callers expect; `not-confirmed` resolves, because it may still come.
 *
 * @param localNode that acts when only the remote one is named; undefined = there is none
 * @param after is called when the node was asked to do something
 */
export function makeControls(control: ControlService, localNode: () => string | undefined, after: () => Promise<void>): Controls {
  async function link(action: LinkAction, nodes: readonly [string, string | undefined], permanent = false): Promise<ControlResult> {
    const [first, second] = nodes
    const local = second === undefined ? localNode() : first
    if (local === undefined) throw new Error('No node is shown that could do this: choose one first.')
    return finish(await control.link(action, local.trim(), (second ?? first).trim(), permanent))
  }
  async function finish(result: ControlResult): Promise<ControlResult> {
    if (result.outcome === 'refused') throw new Error(result.message)
    await after()
    return result
  }
  const simple = (action: LinkAction, permanent = false): LinkControl =>
    (first: string, second?: string) => link(action, [first, second], permanent)
  const linking = (action: LinkAction): ConnectControl => (first: string, second?: string | boolean, third?: boolean) =>
    typeof second === 'string' ? link(action, [first, second], third) : link(action, [first, undefined], second)
  return {
    connectNode: linking('connect'),
    permConnectNode: simple('connect', true),
    monitorNode: linking('monitor'),
    monitorCmdNode: simple('monitor'),
    localMonitorNode: linking('local-monitor'),
    disconnectNode: simple('disconnect'),
    disconnectAll: async (local) => finish(await control.disconnectAll(local.trim())),
    sendDtmf: async (local, digits) => finish(await control.dtmf(local, digits)),
  }
}
