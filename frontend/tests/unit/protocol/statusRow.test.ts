import * as fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { displayName } from '../../../../protocol/names.ts'
import { EMPTY_LINK, EMPTY_NODE, EMPTY_TELEMETRY } from '../../../../protocol/nodeState.ts'
import type { NodeState, Note, Telemetry } from '../../../../protocol/nodeState.ts'
import { fromStatusRow, statusRowSchema, toStatusRow } from '../../../../protocol/statusRow.ts'
import type { LooseStatusRow } from '../../../../protocol/statusRow.ts'

const NODE = '546051'
const UP: NodeState = { ...EMPTY_NODE, reach: 'up' }
const read = (row: unknown): LooseStatusRow => v.parse(statusRowSchema, JSON.parse(JSON.stringify(row)))

describe('links in a polled row', () => {
  it('come as app_rpt lists them: the newest first, and last those of which nobody knows since when', () => {
    const since = (connectedSince: number | null) => ({ ...EMPTY_LINK, connectedSince })
    const state = { ...UP, links: { '27199': since(1_000), '40256': since(null), '22373': since(3_000), 'W1AW': since(2_000) } }
    expect(toStatusRow(NODE, state, 5_000).remote_nodes.map(({ node }) => node)).toEqual(['22373', 'W1AW', '27199', '40256'])
  })
})

describe("a link's mode in a polled row", () => {
  it.each([
    [{ mode: 'transceive' }, 'T'],
    [{ mode: 'monitor' }, 'R'],
    [{ mode: 'local-monitor' }, 'Local RX'],
    [{ mode: null }, 'Allstar'],
    [{ mode: null, kind: 'echolink' }, 'Echolink'],
    [{ mode: 'monitor', state: 'connecting' }, 'C'],
  ] as const)('%o is %s, as the table of Supermon-NG has words for it, and nothing is made up where it is not known', (link, text) => {
    const state: NodeState = { ...UP, links: { '3101425': { ...EMPTY_LINK, state: 'established', ...link } } }
    const row = read(toStatusRow(NODE, state, 0))
    expect(row.remote_nodes?.[0]?.mode).toBe(text)
    expect(fromStatusRow(row, 0).links['3101425']).toMatchObject(text === 'C' ? { mode: null, state: 'connecting' } : { mode: link.mode, state: 'established' })
  })
})

it('whether a phone talks is not known by a row of Supermon-NG either, which calls it silent', () => {
  const row = read({ node: NODE, status: 'online', remote_nodes: [{ node: 'KJ6AAA-P', keyed: 'no' }, { node: '2000', keyed: 'no' }, { node: 'W1AW-P', keyed: 'yes' }] })
  expect(Object.values(fromStatusRow(row, 0).links).map(({ keyed }) => keyed).toSorted()).toEqual([false, null, true])
})

describe('names in a polled row', () => {
  // All of them stand in AllStarLink's list.
  it.each([
    ['48471', 'K7KSN', 'ASL<->DMR Bridge', 'USA'],
    ['43102', 'W4ZZK', 'WiresX <> ASL Bridge', 'QTH'],
    ['64065', 'DU2SC', '<CVARRN>', 'Bayombong, N. Vizcaya'],
    ['49729', 'NE7X', 'Arizona<->Texas HUB', 'Arizona USA'],
    ['2001', 'W1AW', 'R&amp;D', 'here'],
  ])('are the text that they are: %s %s %s', (id, callsign, description, location) => {
    const link = { ...EMPTY_LINK, callsign, description, location, state: 'established' as const, mode: 'transceive' as const }
    const state = { ...UP, links: { [id]: link } }
    const row = read(toStatusRow(NODE, state, 0))
    expect(displayName(fromStatusRow(row, 0).links[id]!)).toBe(displayName(link))
    // What was known of a socket stays: a row says the name as one text.
    expect(fromStatusRow(row, 0, state).links[id]).toMatchObject({ callsign, description, location })
  })

  it.each([
    ['says one', 'online', 'WB6NIL ASL Public Hub', 'WB6NIL ASL Public Hub'],
    ['says what is known', 'online', 'WB6NIL Hub Here', 'WB6NIL Hub Here'],
    ['knows none', 'online', `Node ${NODE}`, ''],
    ['has it in no list', 'online', 'Node not in database', ''],
    ['says nothing of it, as over sockets', 'online', undefined, 'WB6NIL Hub Here'],
    ['says why the node is not reached', 'offline', 'AMI connection failed', 'WB6NIL Hub Here'],
  ])('are the node\'s own as well, where the server %s', (_, status, info, name) => {
    const known = { ...UP, callsign: 'WB6NIL', description: 'Hub', location: 'Here' }
    const state = fromStatusRow(read({ node: NODE, status, info }), 0, known)
    expect(displayName(state)).toBe(name)
    expect(state.callsign).toBe(name === displayName(known) ? 'WB6NIL' : null)
  })

  it('are one line', () => {
    const row = read({ node: NODE, status: 'online', remote_nodes: [{ node: 2000, info: '  W1AW \n Hub  ' }] })
    expect(fromStatusRow(row, 0).links['2000']?.description).toBe('W1AW Hub')
  })

  it('are text as well where they say why a node is not reached', () => {
    expect(fromStatusRow(read({ node: NODE, status: 'error', info: 'Error: no answer <timeout>' }), 0).reachReason?.message).toBe('Error: no answer <timeout>')
  })
})

it('a link without an address is read for what it is where Supermon-NG writes its columns one place too early, and its direction is not known', () => {
  // As 4.3.3 says them: phones and EchoLink stations have none. Reconnects stand for the address.
  const told = { info: '', link: '', ip: '2', keyed: 'no', last_keyed: '72' }
  const row = read({
    node: NODE, status: 'online', remote_nodes: [
      { ...told, node: '3009999', direction: '00:11:42', elapsed: 'ESTABLISHED', mode: 'T' },
      { ...told, node: '3101425', direction: '00:01:00', elapsed: 'CONNECTING', mode: 'C' },
      { ...told, node: 'KJ6AAA-P', direction: '103:00:59', elapsed: 'ESTABLISHED', mode: 'T' },
      { ...told, node: '27199', link: 'ESTABLISHED', ip: '203.0.113.102', direction: 'OUT', elapsed: '00:04:41', mode: 'R' },
    ],
  })
  const now = 1_000_000_000
  expect(fromStatusRow(row, now).links).toMatchObject({
    '3009999': { direction: null, state: 'established', connectedSince: now - 702_000, peer: null, mode: 'transceive', lastKeyedAt: now - 72_000 },
    '3101425': { direction: null, state: 'connecting', connectedSince: now - 60_000, peer: null },
    'KJ6AAA-P': { direction: null, state: 'established', connectedSince: now - 370_859_000, peer: null },
    '27199': { direction: 'out', state: 'established', connectedSince: now - 281_000, peer: '203.0.113.102' },
  })
})

describe('telemetry in a row, which Supermon-NG shows as markup', () => {
  const rowOf = (telemetry: Partial<Telemetry>) => toStatusRow(NODE, { ...UP, telemetry: { ...EMPTY_TELEMETRY, ...telemetry } }, 0)
  const note = (text: string, level: Note['level'] = 'normal', url: string | null = null): Note => ({ text, level, url })

  it('has colour, link and line breaks', () => {
    const row = rowOf({ cpuTemp: note('55 C', 'warning'), alerts: [note('Skywarn', 'normal', 'https://a.example/?b=1&c="'), note('Tornado Warning', 'critical')] })
    expect(row.cpu_temp).toBe('<span style="background-color:yellow;color:black">55 C</span>')
    expect(row.ALERT).toBe('<a href="https://a.example/?b=1&amp;c=&quot;" target="_blank" rel="noopener noreferrer" style="color:inherit">Skywarn</a><br>'
      + '<span style="background-color:#fa4c2d;color:black">Tornado Warning</span>')
  })

  it('stays plain where it is nothing else, and tells no alerts from no variable', () => {
    const plain = { cpuTemp: note("40 °C, it's \"cool\""), uptime: 'Up 3 weeks', load: 'Load Average: 0.1, 0.2', weather: note('72F'), disk: note('Disk - 12%'), alerts: [] }
    expect(rowOf(plain)).toMatchObject({
      cpu_temp: plain.cpuTemp.text, cpu_up: plain.uptime, cpu_load: plain.load, WX: '72F', DISK: 'Disk - 12%', ALERT: '',
    })
    expect(rowOf({}).ALERT).toBeNull()
  })

  it('has no address that is none of the web', () => {
    for (const url of ['javascript:alert(1)', 'data:text/html,x', ' https://a.example']) expect(rowOf({ weather: note('72F', 'normal', url) }).WX).toBe('72F')
  })

  const snippet = fc.constantFrom(
    '<img src=x onerror=alert(1)>', '&lt;', '&amp;lt;', '&', '<', '>', '"', "'", '<br>', '</span>', '<!--', '&deg;', '°', 'color:yellow', '<span style="background-color:yellow">', '<a href="https://b.example">',
  )
  // As the gateway has them: one line each.
  const text = fc.array(fc.oneof(snippet, fc.string({ unit: 'grapheme', maxLength: 8 }), fc.constant(' ')), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join('').replace(/\s+/g, ' ').trim()).filter((all) => all !== '')
  const url = fc.oneof(fc.webUrl({ withFragments: true, withQueryParameters: true }), snippet.map((part) => `https://a.example/${part}?<style=background-color:yellow>`))
  const anyNote: fc.Arbitrary<Note> = fc.record({ text, level: fc.constantFrom('normal', 'warning', 'critical'), url: fc.option(url) })
  const anyTelemetry = fc.record({
    cpuTemp: fc.option(anyNote), uptime: fc.option(text), load: fc.option(text), weather: fc.option(anyNote), disk: fc.option(anyNote),
    alerts: fc.option(fc.array(anyNote, { maxLength: 3 })), changedAt: fc.constant(null),
  })

  it('is read again as it was, whatever stands in it', () => {
    fc.assert(fc.property(anyTelemetry, (telemetry) => {
      expect(fromStatusRow(read(rowOf(telemetry)), 0).telemetry).toEqual(telemetry)
    }), { numRuns: 400 })
  })

  it('has no tag that is not ours, whatever stands in it', () => {
    const ours = /<br>|<\/(?:a|span)>|<span style="background-color:(?:yellow|#fa4c2d);color:black">|<a href="https?:[^"<>]*" target="_blank" rel="noopener noreferrer" style="color:inherit">/g
    fc.assert(fc.property(anyTelemetry, (telemetry) => {
      const { cpu_temp, cpu_up, cpu_load, ALERT, WX, DISK } = rowOf(telemetry)
      expect([cpu_temp, cpu_up, cpu_load, ALERT, WX, DISK].join(' ').replace(ours, '')).not.toMatch(/[<>]|&(?!(?:amp|lt|gt);)/)
    }), { numRuns: 400 })
  })

  it("is read of a Supermon-NG's own markup: text, a line an alert, its links, and the colour of a temperature", () => {
    const home = 'https://github.com/hardenedpenguin/SkywarnPlus-NG'
    const row = read({
      node: NODE, status: 'online', cpu_up: 'Up <b>3</b> weeks', WX: '<b>Alvin   (72&deg;F)</b>', ALERT:
        `<span style='color: SpringGreen;'><b><u><a href='${home}' style='color: inherit;'>SkywarnPlus-NG</a> Enabled</u></b></span><br><span style='color: #FF0000;'>No Alerts</span>`,
      cpu_temp: "<span style='background-color:#fa4c2d;'><b><span style='color: black; font-weight: bold;'>85 C</span></b></span>",
    })
    expect(fromStatusRow(row, 0).telemetry).toMatchObject({
      cpuTemp: note('85 C', 'critical'), uptime: 'Up 3 weeks', weather: note('Alvin (72°F)'), alerts: [note('SkywarnPlus-NG Enabled', 'normal', home), note('No Alerts')],
    })
  })
})
