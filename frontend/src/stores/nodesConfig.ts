/** What Supermon-NG's `config/nodes` says, as far as a page may know it: an unmodified server puts AMI passwords into it. */

/** A node's allmon.ini section: INI text, numbers or booleans, depending on who parsed the file. */
export type NodeSection = Readonly<Record<string, unknown>>

export interface NodesConfig {
  readonly sections: Readonly<Record<string, NodeSection>>
  /** The node, or nodes with commas between, to show first; null = none is named. */
  readonly defaultNode: string | null
}

const SHOWN = new Set(['hideNodeURL', 'listenlive', 'archive', 'menu', 'system', 'lsnodes', 'port'])

/** @param data `{ config, default_node }`; whatever has another shape is left out */
export function readNodesConfig(data: unknown): NodesConfig {
  const { config, default_node: chosen } = recordOf(data)
  const sections = Object.entries(recordOf(config)).map(([id, section]) => [
    id,
    Object.fromEntries(Object.entries(recordOf(section)).filter(([key]) => SHOWN.has(key) || key.startsWith('URL_'))),
  ])
  const defaultNode = typeof chosen === 'string' || typeof chosen === 'number' ? String(chosen).trim() : ''
  return { sections: Object.fromEntries(sections) as Record<string, NodeSection>, defaultNode: defaultNode || null }
}

/** PHP writes an empty map as `[]`, which has no entries either. */
function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
