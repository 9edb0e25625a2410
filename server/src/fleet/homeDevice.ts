/**
 * A node as Home Assistant is told of it: one device and what belongs to it, in one message that the broker keeps.
 *
 * Source: home-assistant.io, «MQTT», device discovery payload and discovery topic (`<prefix>/device/<node_id>/<object_id>/config`,
 * `origin` and `unique_id` are required, a name does not repeat the device's), `default_entity_id` of 2025.10, availability by a template;
 * core/components/mqtt/sensor.py and binary_sensor.py: a value that reads `None` is "unknown", an empty one is passed over. What is
 * named in a description is plain text there; templates are its own words below, which no node or station has a part in.
 */
import { displayName } from '../../../protocol/names.ts'
import type { Identity } from '../../../protocol/nodeState.ts'
import { printable } from '../env/printable.ts'
import type { HomeValues } from './homeValues.ts'
import { homeTopic, statusTopic } from './topics.ts'

export interface HomeDevice {
  readonly edge: string
  readonly node: Identity & { readonly id: string }
  readonly version: string
  /** Has it a temperature? */
  readonly temperature: boolean
}

type Value = keyof HomeValues

const ENTITIES: Readonly<Record<Value, Readonly<Record<string, string>> & { readonly platform: 'sensor' | 'binary_sensor' }>> = {
  keyed: { platform: 'binary_sensor', name: 'Keyed', icon: 'mdi:radio-handheld' },
  last_talker: { platform: 'sensor', name: 'Last talker', icon: 'mdi:account-voice' },
  links: { platform: 'sensor', name: 'Links', icon: 'mdi:link-variant', state_class: 'measurement' },
  temperature: { platform: 'sensor', name: 'Temperature', device_class: 'temperature', unit_of_measurement: '°C', state_class: 'measurement' },
  reachable: { platform: 'binary_sensor', name: 'Reachable', device_class: 'connectivity' },
}

/** Where Home Assistant looks for it. The edge has a level of its own, so that an access list can hold each edge to its nodes. */
export function homeConfigTopic(prefix: string, edge: string, node: string): string {
  return `${prefix}/device/${edgeId(edge)}/${nodeId(node)}/config`
}

/**
 * What stands there: JSON. There is no `expire_after`: values that stay the same are not repeated, and the edge's Last Will makes all of
 * them unavailable when it is gone.
 */
export function homeConfig({ edge, node, version, temperature }: HomeDevice): string {
  const device = `supermon-live_${edgeId(edge)}_${nodeId(node.id)}`
  const values = (Object.keys(ENTITIES) as Value[]).filter((value) => temperature || value !== 'temperature')
  return JSON.stringify({
    device: { identifiers: [device], name: printable(`${node.id} ${displayName(node)}`), manufacturer: 'AllStarLink', model: 'app_rpt node' },
    origin: { name: 'Supermon Live', sw_version: version },
    availability: [{ topic: statusTopic(edge), value_template: "{{ 'online' if value_json is defined and value_json.up else 'offline' }}" }],
    state_topic: homeTopic(edge, node.id),
    components: Object.fromEntries(values.map((value) => [value, { ...ENTITIES[value], ...entity(device, node.id, value) }])),
  })
}

function entity(device: string, node: string, value: Value) {
  return {
    unique_id: `${device}_${value}`,
    // Of the number and not of the name, which changes.
    default_entity_id: `${ENTITIES[value].platform}.node_${node.toLowerCase().replace(/[^0-9a-z]+/g, '_')}_${value}`,
    value_template: `{% if value_json is defined %}{{ value_json.${value}${value === 'last_talker' ? " or 'unknown'" : ''} }}{% endif %}`,
  }
}

/** Home Assistant takes letters, digits, `_` and `-` in these places. Of an edge's name only the dot is anything else. */
function edgeId(name: string): string {
  return name.replaceAll('.', '_2e')
}

/** A node's id may hold a slash; `_` is told by its code too, so that no two ids become the same. */
function nodeId(id: string): string {
  return id.replace(/[^0-9A-Za-z-]/g, (sign) => `_${sign.charCodeAt(0).toString(16)}`)
}
