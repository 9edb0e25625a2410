import { describe, expect, it } from 'vitest'
import { SignalHistory, summaryOf } from '../../src/composables/signalHistory.ts'

const hears = (rssi: number | null, name = 'Ridge') => [{ name, rssi }]

describe('what a receiver heard in the last minute', () => {
  it('is kept as steps, a repetition is none, and what was over a minute ago is forgotten', () => {
    const history = new SignalHistory()
    history.record(hears(0), 0)
    history.record(hears(0), 500)
    history.record(hears(187), 1_000)
    history.record(hears(0), 3_000)
    expect(history.steps('Ridge', 4_000)).toEqual([{ at: 0, rssi: 0 }, { at: 1_000, rssi: 187 }, { at: 3_000, rssi: 0 }])
    // The step that reaches into the minute stays.
    expect(history.steps('Ridge', 62_000)).toEqual([{ at: 1_000, rssi: 187 }, { at: 3_000, rssi: 0 }])
    expect(history.steps('Ridge', 70_000)).toEqual([{ at: 3_000, rssi: 0 }])
    expect(history.steps('Nobody', 0)).toEqual([])
  })

  it('holds no more than a minute of a restless receiver, also while nobody looks', () => {
    const history = new SignalHistory()
    for (let i = 0; i < 10_000; i += 1) history.record(hears(i % 256), i * 200)
    expect(history.steps('Ridge', 9_999 * 200).length).toBeLessThanOrEqual(302)
  })

  it('is a gap while nobody tells, and gone with the receiver', () => {
    const history = new SignalHistory()
    history.record([...hears(7), ...hears(9, 'North')], 0)
    history.lose(1_000)
    history.lose(1_500)
    history.record(hears(7), 2_000)
    expect(history.steps('Ridge', 2_000)).toEqual([{ at: 0, rssi: 7 }, { at: 1_000, rssi: null }, { at: 2_000, rssi: 7 }])
    expect(history.names).toEqual(['Ridge'])
  })

  it('is summed up: the highest, and for how long it heard anything', () => {
    const now = 60_000
    expect(summaryOf([{ at: -5_000, rssi: 40 }, { at: 10_000, rssi: 0 }, { at: 20_000, rssi: 200 }, { at: 50_000, rssi: null }], now)).toEqual({ highest: 200, heardMs: 40_000 })
    expect(summaryOf([{ at: 0, rssi: null }], now)).toEqual({ highest: null, heardMs: 0 })
    expect(summaryOf([], now)).toEqual({ highest: null, heardMs: 0 })
  })
})
