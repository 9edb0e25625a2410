/** A phone talks by its keypad or its voice, and app_rpt lists it as silent meanwhile: that it does not talk is nothing that anybody knows. */
import { expect, it } from 'vitest'
import { EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import { parseAlinks } from '../../src/ami/links.ts'
import { readRptEvent } from '../../src/ami/rptEvents.ts'
import { parseSawStat } from '../../src/ami/sawstat.ts'
import { parseXStat } from '../../src/ami/xstat.ts'
import { applyEvent } from '../../src/feed/applyEvent.ts'
import { reconcile, reconcileKeys } from '../../src/feed/reconcile.ts'
import { message, messages, replyTo, serverBytes, understood } from '../ami/wire.ts'

/** Any moment, ms. */
const T = 1_800_000_000_000
const NOBODY = () => null
const CAPTURE = '47-phone-talks.txt'
const PHONE = 'KJ6AAA-P'

const alinks = (state: NodeState, value: string, now: number) =>
  applyEvent(state, { kind: 'alinks', node: '1999', links: parseAlinks(value) }, NOBODY, new Map(), now).state
const saw = (turn: number) => understood(parseSawStat(replyTo(CAPTURE, `s${turn}`)))
const poll = (state: NodeState, turn: number) =>
  reconcile(state, { xstat: understood(parseXStat(replyTo(CAPTURE, `x${turn}`))), sawstat: saw(turn) }, NOBODY, new Map(), T)

it('as a real one is told of, by events and polls: the transmitter is keyed, and whether it talks is not known', () => {
  const called = messages(serverBytes(CAPTURE)).map(readRptEvent).find((event) => event?.kind === 'alinks') ?? null
  let state = called === null ? EMPTY_NODE : applyEvent(EMPTY_NODE, called, NOBODY, new Map(), T).state
  expect(state.links[PHONE]).toMatchObject({ kind: 'phone', mode: 'transceive', keyed: null })
  state = poll(state, 1)
  expect(state).toMatchObject({ tx: false, links: { [PHONE]: { state: 'established', direction: 'in', keyed: null } } })
  state = poll(state, 2)
  expect(state).toMatchObject({ tx: true, links: { [PHONE]: { keyed: null, lastKeyedAt: null } } })
  expect(reconcileKeys(state, saw(2), T)).toBe(state)
})

it('a key-up that is told all the same, by a client that calls as a phone, is one, and so is its end', () => {
  const quiet = alinks(EMPTY_NODE, `1,${PHONE}TU`, T)
  const talking = alinks(quiet, `1,${PHONE}TK`, T + 1_000)
  expect(talking.links[PHONE]).toMatchObject({ keyed: true, lastKeyedAt: T + 1_000 })
  const ended = alinks(talking, `1,${PHONE}TU`, T + 3_000)
  expect(ended.links[PHONE]).toMatchObject({ keyed: false, lastUnkeyedAt: T + 3_000 })
})

it('and so it is where a poll tells it', () => {
  const told = (keyed: string) => understood(parseSawStat(message('Response: Success', 'ActionID: 1', 'Node: 1999', `Conn: ${PHONE} ${keyed}`)))
  const talking = reconcileKeys(alinks(EMPTY_NODE, `1,${PHONE}TU`, T), told('1 5 -1'), T + 10_000)
  expect(talking.links[PHONE]).toMatchObject({ keyed: true, lastKeyedAt: T + 5_000 })
  expect(reconcileKeys(talking, told('0 15 6'), T + 20_000).links[PHONE]).toMatchObject({ keyed: false, lastKeyedAt: T + 5_000, lastUnkeyedAt: T + 14_000 })
})
