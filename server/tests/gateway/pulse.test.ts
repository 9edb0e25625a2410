import { describe, expect, it } from 'vitest'
import { Pulse } from '../../src/gateway/pulse.ts'
import type { Pulsed } from '../../src/gateway/pulse.ts'

const EACH = 12

function scene() {
  const pulse = new Pulse(60_000 / EACH)
  const pings: string[] = []
  const one = (name: string): Pulsed => ({ dueAt: null, hasteFrom: 0, ping: () => { pings.push(name) } })
  const [answers, silent] = [one('answers'), one('silent')]
  /** So many sweeps pass. @returns who was dead at which of them */
  const pass = (sweeps: number) => {
    const dead: number[] = []
    for (let i = 1; i <= sweeps; i += 1) {
      answers.dueAt = null
      pulse.next()
      expect(pulse.isDead(answers)).toBe(false)
      if (pulse.isDead(silent)) dead.push(i)
      pulse.look(answers)
      pulse.look(silent)
    }
    return dead
  }
  return { pulse, pings, answers, silent, pass }
}

describe('the pulse', () => {
  it('is felt once a minute, and who has not answered a minute later is dead', () => {
    const { pings, pass } = scene()
    expect(pass(EACH - 1)).toEqual([])
    expect(pings).toEqual([])
    expect(pass(EACH)).toEqual([])
    expect(pings).toEqual(['answers', 'silent'])
    expect(pass(1)).toEqual([1])
  })

  it('is felt at once where a place is wanted: with the second sweep who is silent is dead, and nobody is asked twice', () => {
    const { pulse, pings, answers, silent, pass } = scene()
    pass(1)
    for (let tries = 0; tries < 20; tries += 1) pulse.hurry([answers, silent])
    expect(pings).toEqual(['answers', 'silent'])
    expect(pass(2)).toEqual([2])
    for (let tries = 0; tries < 20; tries += 1) pulse.hurry([answers])
    expect(pings).toHaveLength(2)
    pass(1)
    pulse.hurry([answers])
    expect(pings).toHaveLength(3)
  })

  it('leaves who is asked in haste his whole time, though the minute is over meanwhile', () => {
    const { pulse, answers, silent, pings, pass } = scene()
    pass(EACH - 1)
    pulse.hurry([answers, silent])
    expect(pass(1)).toEqual([])
    expect(pings).toEqual(['answers', 'silent', 'answers'])
    expect(pass(1)).toEqual([1])
  })

  it('does not wait for a minute, though it was asked for at its start', () => {
    const { pulse, silent, pass } = scene()
    pass(EACH)
    pulse.hurry([silent])
    expect(pass(2)).toEqual([2])
  })
})
