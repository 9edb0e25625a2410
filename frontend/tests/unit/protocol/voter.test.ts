import * as fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { REACH_CODES } from '../../../../protocol/nodeState.ts'
import { applyVoterPatch, diffVoter, EMPTY_VOTER, readVoter, receiversInOrder, RECEIVER_STATES, voterFrameSchema, voterPatchSchema } from '../../../../protocol/voter.ts'
import type { VoterState } from '../../../../protocol/voter.ts'
import { readingsOf } from '../../../src/services/voterReading.ts'

const arbitraryVoter: fc.Arbitrary<VoterState> = fc.record({
  reach: fc.constantFrom('up', 'down', 'unknown'),
  reachReason: fc.option(fc.record({ code: fc.constantFrom(...REACH_CODES), message: fc.string({ maxLength: 20 }) }), { nil: null }),
  voted: fc.option(fc.string({ maxLength: 8 }), { nil: null }),
  receivers: fc.dictionary(
    // Few names, so that two voters share some; one of them a number, which objects keep in another order.
    fc.constantFrom('Ridge', 'North Hill', '12', 'Ridge Mix', '<b>'),
    fc.record({
      rssi: fc.option(fc.integer({ min: 0, max: 255 }), { nil: null }),
      state: fc.constantFrom(...RECEIVER_STATES, null),
      master: fc.boolean(),
      order: fc.integer({ min: 0, max: 9 }),
    }),
  ),
})
const onTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const RIDGE = { rssi: 187, state: 'voted', master: true, order: 1 } as const
const NORTH = { rssi: 12, state: 'voting', master: false, order: 0 } as const
const VOTER: VoterState = { reach: 'up', reachReason: null, voted: 'Ridge', receivers: { Ridge: RIDGE, North: NORTH } }

describe('V-2 voter patches', () => {
  it('turn any voter into any other, over the wire and through validation', () => {
    fc.assert(
      fc.property(arbitraryVoter, arbitraryVoter, (a, b) => {
        const patch = diffVoter(a, b)
        if (patch === null) expect(a).toEqual(b)
        else expect(applyVoterPatch(a, v.parse(voterPatchSchema, onTheWire(patch)))).toEqual(b)
        expect(readVoter(v.parse(voterPatchSchema, onTheWire(b)), a)).toEqual(b)
      }),
      { numRuns: 300 },
    )
  })

  it('name what changed and nothing else, and leave the other receivers what they are', () => {
    const next = { ...VOTER, receivers: { ...VOTER.receivers, Ridge: { ...RIDGE, rssi: 190 } } }
    const patch = diffVoter(VOTER, next)
    expect(patch).toEqual({ receivers: { Ridge: { rssi: 190 } } })
    expect(applyVoterPatch(VOTER, patch ?? {}).receivers['North']).toBe(NORTH)
    expect(diffVoter(VOTER, { ...VOTER, receivers: { ...VOTER.receivers } })).toBeNull()
    expect(diffVoter(VOTER, { ...VOTER, receivers: { North: NORTH } })).toEqual({ receivers: { Ridge: null } })
  })

  it('keep receivers in the order of Asterisk, whatever they are called', () => {
    const voter = { ...VOTER, receivers: { '9': RIDGE, b: NORTH, '2': { ...NORTH, order: 2 } } }
    expect(receiversInOrder(voter).map(({ name }) => name)).toEqual(['b', '9', '2'])
  })
})

describe('voter frames', () => {
  const place = { node: '546056', epoch: 'e', seq: 1, at: 1 }
  const snapshot = (state: unknown) => ({ type: 'snapshot', ...place, state })

  it('may leave out what is null, and may say what this page does not know yet', () => {
    const frame = v.parse(voterFrameSchema, snapshot({ reach: 'down', reachReason: { code: 'tired', message: 'x' }, receivers: { A: { rssi: 3, state: 'asleep', order: 0, dB: 7 } } }))
    if (frame.type !== 'snapshot') throw new Error(frame.type)
    expect(readVoter(frame.state)).toEqual({
      ...EMPTY_VOTER, reach: 'down', reachReason: { code: 'other', message: 'x' }, receivers: { A: { rssi: 3, state: null, master: false, order: 0 } },
    })
    expect(v.parse(voterFrameSchema, snapshot({ reach: 'sideways', voted: 'A' }))).toMatchObject({ state: { reach: 'unknown', voted: 'A' } })
  })

  it('T-5 may say of a receiver a word that this page does not know: what it does is not known then, and all else is', () => {
    const said = (state: string) => {
      const frame = v.parse(voterFrameSchema, { type: 'patch', ...place, patch: { voted: 'North', receivers: { Ridge: { state, rssi: 90 } } } })
      if (frame.type !== 'patch') throw new Error(frame.type)
      return applyVoterPatch(VOTER, frame.patch)
    }
    expect(said('asleep')).toEqual({ ...VOTER, voted: 'North', receivers: { Ridge: { ...RIDGE, state: null, rssi: 90 }, North: NORTH } })
    expect(applyVoterPatch(said('asleep'), diffVoter(said('asleep'), VOTER) ?? {})).toEqual(VOTER)
    const receiver = { name: 'Ridge', rssi: 90, mix: false, master: true, inactive: false, state: 'asleep' }
    expect(readingsOf({ voters: [{ node: '546056', voted: null, receivers: [receiver] }] })).toMatchObject([{ receivers: [{ ...receiver, state: null }] }])
  })

  it.each([
    { receivers: { A: { rssi: 256 } } }, { receivers: { A: { rssi: -1 } } }, { receivers: { A: { rssi: '3' } } }, { voted: 7 },
    { receivers: { '': { rssi: 3 } } }, { receivers: { ['x'.repeat(129)]: { rssi: 3 } } },
  ])('are not believed when they say %j', (state) => {
    expect(v.is(voterFrameSchema, snapshot(state))).toBe(false)
  })
})
