/** What of a node's configuration section the page shows. */
export interface PanelConfig {
  readonly hideNodeUrl: boolean
  readonly listenLive: string | null
  readonly archive: string | null
}

type Section = Readonly<Record<string, unknown>>

/**
 * Reads a node's allmon.ini section, or the map of all sections by id, as Supermon-NG hands either to its table. Values
 * come as INI text, numbers or booleans, depending on who parsed the file.
 */
export function panelConfig(config: Section, id: string): PanelConfig {
  const own = Object.hasOwn(config, id) ? config[id] : undefined
  const section = isSection(own) ? own : config
  return {
    hideNodeUrl: isYes(section['hideNodeURL']),
    listenLive: textOrNull(section['listenlive']),
    archive: textOrNull(section['archive']),
  }
}

const isSection = (value: unknown): value is Section => typeof value === 'object' && value !== null
const isYes = (value: unknown) =>
  value === true || value === 1 || (typeof value === 'string' && /^\s*(1|yes|true|on)\s*$/i.test(value))
const textOrNull = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? value.trim() : null)
