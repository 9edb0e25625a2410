/** What viewers are told while nothing is heard of the gateway beside a node. */
import type { Loss } from '../feed/nodeFeed.ts'

export const EDGE_SILENT: Loss = {
  code: 'edge-silent',
  message: 'The gateway beside this node is not answering: check its connection to the MQTT broker.',
  since: null,
}

/** @param since by our own clock, ms */
export function brokerAway(since: number): Loss {
  return { code: 'broker-away', message: 'The MQTT broker is not answering: no node can be heard until it does.', since }
}

/** @param since its last sign of life, ms; null = none was heard */
export function edgeSilent(since: number | null): Loss {
  return { ...EDGE_SILENT, since }
}

/** @param since as with {@link edgeSilent} */
export function edgeAway(edge: string, since: number | null): Loss {
  return { code: 'edge-away', message: `The gateway ${edge} beside this node is not connected to the MQTT broker.`, since }
}
