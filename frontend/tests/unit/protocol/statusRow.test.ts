import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { displayName } from '../../../../protocol/names.ts'
import { EMPTY_LINK, EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import type { NodeState } from '../../../../protocol/nodeState.ts'
import { fromStatusRow, statusRowSchema, toStatusRow } from '../../../../protocol/statusRow.ts'
import type { LooseStatusRow } from '../../../../protocol/statusRow.ts'

const NODE = '546051'
const UP: NodeState = { ...EMPTY_NODE, reach: 'up' }
const read = (row: unknown): LooseStatusRow => v.parse(statusRowSchema, JSON.parse(JSON.stringify(row)))

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

  it('are one line', () => {
    const row = read({ node: NODE, status: 'online', remote_nodes: [{ node: 2000, info: '  W1AW \n Hub  ' }] })
    expect(fromStatusRow(row, 0).links['2000']?.description).toBe('W1AW Hub')
  })

  it('are text as well where they say why a node is not reached', () => {
    expect(fromStatusRow(read({ node: NODE, status: 'error', info: 'Error: no answer <timeout>' }), 0).reachReason?.message).toBe('Error: no answer <timeout>')
  })
})
