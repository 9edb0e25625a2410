import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import type { NodeState, Note } from '../../../../protocol/nodeState.ts'
import NodePanel from '../../../src/components/NodePanel.vue'
import { safeUrl } from '../../../src/components/safeUrl.ts'
import { telemetryLines } from '../../../src/components/telemetry.ts'
import { link, node, NOW } from './samples.ts'

const BAD = '<img src=x onerror=alert(1)>'
const note = (text: string, url: string | null = null, level: Note['level'] = 'normal'): Note => ({ text, level, url })
const mountPanel = (state: NodeState) => mount(NodePanel, { props: { id: '546051', now: NOW, state } })

describe('text from strangers', () => {
  it('stays text in every place it can get to', () => {
    const identity = { callsign: BAD, description: BAD, location: BAD }
    const wrapper = mountPanel(
      node({
        ...identity,
        reach: 'down',
        reachReason: { code: 'other', message: BAD },
        telemetry: {
          cpuTemp: note(BAD),
          uptime: BAD,
          load: BAD,
          weather: note(BAD),
          disk: note(BAD),
          alerts: [note(BAD, 'https://example.org/'), note(BAD, null, 'critical')],
          changedAt: null,
        },
        links: { [BAD]: link({ ...identity, keyed: true, lastKeyedAt: NOW }) },
      }),
    )
    expect(wrapper.find('img').exists()).toBe(false)
    // Title 3, reason 1, telemetry 7, row 1 + 3, last talker's call sign 1.
    expect(wrapper.text().split(BAD).length - 1).toBe(16)
    expect(wrapper.get('.heard b').attributes('title')).toBe([BAD, BAD, BAD, BAD].join(' '))
  })

  it.each(['javascript:alert(1)', ' JavaScript:alert(1)', 'data:text/html,x', 'vbscript:x', 'mailto:w5gle@club.example', 'tel:+15550100', '//example.org', '/x', ''])(
    'does not make %j a link',
    (url) => {
      const wrapper = mount(NodePanel, {
        props: {
          id: '546051',
          now: NOW,
          hideNodeUrl: true,
          listenLive: url,
          archive: url,
          state: node({ telemetry: { ...node().telemetry, alerts: [note('Heat', url)] } }),
        },
      })
      expect(wrapper.find('a').exists()).toBe(false)
      expect(wrapper.get('.telemetry').text()).toContain('Heat')
      expect(safeUrl(url)).toBeNull()
    },
  )

  it('opens a real link apart from this page, and without telling where from', () => {
    const a = mountPanel(
      node({ telemetry: { ...node().telemetry, alerts: [note('Sky', 'https://example.org/s')] } }),
    ).get('.telemetry a')
    expect(a.attributes()).toMatchObject({
      href: 'https://example.org/s',
      target: '_blank',
      rel: 'noopener noreferrer',
    })
  })
})

describe('telemetry', () => {
  it('tells a level in words', () => {
    const telemetry = {
      ...node().telemetry,
      cpuTemp: note('71 °C', null, 'critical'),
      alerts: [note('Heat', null, 'warning')],
    }
    const items = mountPanel(node({ telemetry }))
      .findAll('.telemetry li')
      .map((li) => li.text().replace(/\s+/g, ' '))
    expect(items).toEqual(['Alert Warning Heat', 'CPU Critical 71 °C'])
  })

  it('takes a label off that the status script wrote into the value, and nothing else', () => {
    const lines = telemetryLines({
      cpuTemp: note('CPU: 45 °C'),
      uptime: 'Up 4 days',
      load: 'Load Average: 0.72, 1.33',
      weather: note('Upton, 20 °C'),
      disk: note('Disk - 12% used'),
      alerts: [],
      changedAt: null,
    })
    expect(lines.map((l) => `${l.label}|${l.text}`)).toEqual([
      'Alert|No alerts',
      'Weather|Upton, 20 °C',
      'CPU|45 °C',
      'Up|4 days',
      'Load|0.72, 1.33',
      'Disk|12% used',
    ])
  })

  it('takes no room where there is none', () => {
    expect(mountPanel(node()).find('.telemetry').exists()).toBe(false)
  })
})
