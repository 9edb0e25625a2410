import type { LinkMode } from './link.ts'
import type { RptNode } from './rptNode.ts'
import type { RptServer } from './rptServer.ts'

/** The functions of `ilink` that make a link (rpt_functions.c `function_ilink`); ten more makes it permanent. */
const MODES: Readonly<Record<number, LinkMode>> = { 2: 'monitor', 3: 'transceive', 8: 'local-monitor' }

/**
 * Function `n` of `ilink` with the node's own lists as its world. Says nothing: success shows in the links. With linking or the
 * system switched off none of them does anything.
 */
export function ilink(server: RptServer, node: RptNode, n: number, target: string | undefined): void {
  if (node.switches.linkingOff || node.switches.systemOff) return
  const name = target === '0' ? (node.lastTarget ?? undefined) : target
  const mode = MODES[n % 10]
  if (n <= 18 && mode !== undefined) {
    if (name === undefined || name === '' || !server.dialable(name)) return
    node.lastTarget = name
    server.dial(node, name, mode, n > 10)
    return
  }
  switch (n) {
    case 1:
    case 11: {
      const link = name === undefined ? undefined : node.link(name)
      // 1 does nothing to a permanent link, and says nothing.
      if (link === undefined || (n === 1 && link.permanent)) return
      node.lastTarget = link.name
      server.disconnect(node, link)
      return
    }
    case 6: {
      // Stations that are no nodes stay.
      const ended = node.links.filter(({ name }) => /^[1-9]/.test(name))
      node.dropped = [...ended].reverse().map(({ name, mode, permanent }) => ({ name, mode, permanent }))
      for (const link of ended) server.drop(node, link)
      return
    }
    case 16:
      for (const { name, mode, permanent } of node.dropped)
        server.dial(node, name, mode ?? 'transceive', permanent ?? false)
      node.dropped = []
      return
    case 5:
    case 15:
      node.speak(server.timing.connectTelemetryMs, 0)
      return
    default:
  }
}
