/** What Supermon-NG's `config/nodes` says, as far as a page may know it: an unmodified server puts AMI passwords into it. */

import { NODE_ID } from '../../../protocol/nodeState.ts'

/** A node's allmon.ini section: INI text, numbers or booleans, depending on who parsed the file. */
export type NodeSection = Readonly<Record<string, unknown>>

export interface NodesConfig {
  readonly sections: Readonly<Record<string, NodeSection>>
  /** The node, or nodes with commas between, to show first; null = none is named. */
  readonly defaultNode: string | null
  /** What to show where nobody chose; empty = everything. */
  readonly defaultNodes: readonly string[]
}

const SHOWN = new Set(['hideNodeURL', 'listenlive', 'archive', 'menu', 'system', 'lsnodes', 'port'])

/** @param data `{ config, default_node }`; whatever has another shape is left out */
export function readNodesConfig(data: unknown): NodesConfig {
  const { config, default_node: chosen, default_nodes: named } = recordOf(data)
  const sections = Object.entries(recordOf(config)).map(([id, section]) => [
    id,
    Object.fromEntries(Object.entries(recordOf(section)).filter(([key]) => SHOWN.has(key) || key.startsWith('URL_'))),
  ])
  const defaultNode = typeof chosen === 'string' || typeof chosen === 'number' ? String(chosen).trim() : ''
  // Supermon-NG opens with its default node, and has one always.
  const defaultNodes = Array.isArray(named) ? named.map(String) : defaultNode.split(',').map((id) => id.trim())
  return {
    sections: Object.fromEntries(sections) as Record<string, NodeSection>,
    defaultNode: defaultNode || null,
    defaultNodes: defaultNodes.filter((id) => NODE_ID.test(id)),
  }
}

/** PHP writes an empty map as `[]`, which has no entries either. */
function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
