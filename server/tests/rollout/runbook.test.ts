/** docs/rollout.md: what it tells an operator to type is understood, and its thresholds are those that the report judges by. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CRITERIA } from '../../../protocol/rolloutReport.ts'
import { EVERYBODY } from '../../src/config/rolloutFile.ts'
import { decide } from '../../src/rollout/decide.ts'
import { DELAY_P95, ENOUGH_MINUTES, FALLBACK, GAPS, MISMATCHES, PHASE6, RECONNECTS, REQUESTS_SAVED, WITHOUT_NEWS } from '../../src/rollout/thresholds.ts'

const text = readFileSync(new URL('../../../docs/rollout.md', import.meta.url), 'utf8')
const commands = [...text.matchAll(/`(?:node dist-server\/main\.js )?rollout ([a-z]+[^`]*)`|^node dist-server\/main\.js rollout ([a-z]+.*)$/gm)]
  .map(([, inline, block]) => (inline ?? block ?? '').replace(/ --config .*/, '').replace('NAME', 'W5GLE').split(' '))
const rows = new Map([...text.matchAll(/^\| ([a-z -]+) \| (.*) \|$/gm)].map(([, name = '', rest = '']) => [name, rest.split(' | ')]))
const points = (share: number) => Number((share * 100).toFixed(3))

describe('the runbook of the rollout', () => {
  it('names commands that there are', () => {
    expect(commands.map(([verb]) => verb)).toEqual(expect.arrayContaining(['status', 'report', 'set', 'off', 'on', 'allow', 'unlist']))
    for (const words of commands.filter(([verb]) => verb !== 'status' && verb !== 'report')) {
      expect(decide(words, EVERYBODY).says, words.join(' ')).not.toBe('')
    }
  })

  it.each([
    ['enough data', `≥ ${ENOUGH_MINUTES}`, ''],
    ['fallback', `< ${points(FALLBACK.go)} %`, `> ${points(FALLBACK.back)} %`],
    ['requests saved', `≥ ${points(REQUESTS_SAVED.go)} %`, `< ${points(REQUESTS_SAVED.back)} %`],
    ['key-up to screen', `≤ ${DELAY_P95.go} ms`, `> ${DELAY_P95.back / 1000} s`],
    ['without news', `≤ ${points(WITHOUT_NEWS.go)} points`, `> ${points(WITHOUT_NEWS.back)} points`],
    ['reconnects', `≤ ${RECONNECTS.go}`, `> ${RECONNECTS.back}`],
    ['mismatches', '0', `≥ ${MISMATCHES.back}, or > ${points(MISMATCHES.backShare)} %`],
    ['lost news', `≤ ${GAPS.go}`, `> ${GAPS.back}`],
  ])('says of %s what the report asks for', (name, go, back) => {
    const [, goes, goesBack] = rows.get(name) ?? []
    expect(goes).toContain(go)
    expect(goesBack).toContain(back)
  })

  it('calls the lines as the report does, in its order', () => {
    expect(text).toContain(`called ${CRITERIA.slice(0, -1).map((name) => `\`${name}\``).join(', ')} and \`${CRITERIA.at(-1) ?? ''}\`, in this order`)
  })

  it('says when polling may end', () => {
    expect(text).toContain(`fewer than ${points(PHASE6.fallback)} % of viewer-minutes needed the fallback on each of the last ${PHASE6.days} days`)
  })
})
