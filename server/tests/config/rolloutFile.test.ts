import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EVERYBODY, NOBODY, parseRollout, revisionOf, rolloutPath, rolloutText, shadowShare } from '../../src/config/rolloutFile.ts'
import type { Rollout } from '../../src/config/rolloutFile.ts'

const parse = (content: unknown) => parseRollout(typeof content === 'string' ? content : JSON.stringify(content))

describe('rollout.json', () => {
  it('says nothing more than its defaults when it is empty: everybody holds sockets', () => {
    expect(parse({})).toEqual({ value: EVERYBODY, broken: false, warnings: [] })
    expect(EVERYBODY).toMatchObject({ enabled: true, percent: 100, allow: { users: [], nodes: [] }, minVersion: null, topology: null, shadow: true, history: [] })
  })

  it('is read in full, and written as it is read', () => {
    const full: Rollout = {
      enabled: false, percent: 10, salt: 'of our club', allow: { users: ['W5GLE'], nodes: ['546051'] }, deny: { users: [], nodes: ['2000'] },
      minVersion: '1.2.3', topology: 'shared', shadow: 0.25, history: [{ at: '2026-08-01T12:00:00.000Z', by: 'W5GLE', did: 'set 10' }],
    }
    expect(parse(full).value).toEqual(full)
    expect(parse(rolloutText(full)).value).toEqual(full)
    expect(parse({ allow: { users: ['W5GLE'] } }).value.allow).toEqual({ users: ['W5GLE'], nodes: [] })
  })

  it.each([
    ['{"percent": 50', 'this is no JSON; write'],
    ['', 'this is no JSON; write'],
    [[], 'this is no object; write'],
    [null, 'this is no object; write'],
    [{ percent: 101 }, '"percent" cannot be used; write a whole number from 0 to 100'],
    [{ percent: '10' }, '"percent" cannot be used; write a whole number from 0 to 100'],
    [{ percent: 0.5 }, '"percent" cannot be used; write a whole number from 0 to 100'],
    [{ enabled: 'no' }, '"enabled" cannot be used; write true or false'],
    [{ salt: '' }, '"salt" cannot be used; write 1 to 64 characters'],
    [{ perecnt: 10 }, 'there is no field "perecnt"; those there are: enabled, percent, salt'],
    [{ allow: { user: ['W5GLE'] } }, 'there is no field "allow.user"; those there are: users, nodes'],
    [{ allow: 'W5GLE' }, '"allow" cannot be used; write {"users"'],
    [{ allow: ['W5GLE'] }, '"allow" cannot be used; write {"users"'],
    [{ Enabled: false }, 'there is no field "Enabled"; those there are: enabled'],
    [{ enabled: false, enbaled: true }, 'there is no field "enbaled"; those there are: enabled'],
    [{ denny: { users: ['W5GLE'] } }, 'there is no field "denny"; those there are: enabled'],
    [{ deny: { nodes: ['../x'] } }, '"deny.nodes.0" cannot be used; write {"users"'],
    [{ minVersion: 'new' }, '"minVersion" cannot be used; write a version like "1.2.3", or null'],
    [{ topology: 'star' }, '"topology" cannot be used; write "auto"'],
    [{ shadow: 2 }, '"shadow" cannot be used; write true, false or a share from 0 to 1'],
    [{ history: [{ at: 'yesterday', by: '', did: '' }] }, '"history.0.at" cannot be used; write []'],
  ])('that is wrong is named with what to do, and gives nobody a socket: %j', (content, told) => {
    const { value, broken, warnings } = parse(content)
    expect([value, broken]).toEqual([NOBODY, true])
    expect(warnings).toEqual([expect.stringContaining(`rollout.json: ${told}`)])
  })

  it('of a later version counts for what this one knows of it, and keeps the rest when it is written anew', () => {
    const later = { enabled: false, regions: { eu: 10 }, percent: 50, deny: { groups: ['club'], nodes: ['2000'] }, history: [{ at: '2026-08-01T12:00:00Z', by: 'W5GLE', did: 'off', why: 'a net' }] }
    const { value, broken, warnings } = parse(later)
    expect([broken, value.enabled, value.percent, value.deny]).toEqual([false, false, 50, { users: [], nodes: ['2000'] }])
    expect(warnings).toEqual(['rollout.json: what this version does not know counts for nothing: "regions", "deny.groups"; remove it unless a later version wrote it'])
    expect(revisionOf(value)).toBe(revisionOf(parse({ ...later, regions: {}, deny: { nodes: ['2000'] } }).value))
    const again = JSON.parse(rolloutText({ ...value, percent: 10 }, JSON.stringify(later))) as object
    expect(again).toMatchObject({ ...later, percent: 10, deny: { ...later.deny, users: [] } })
    expect(parse(again).value).toEqual({ ...value, percent: 10 })
  })

  it('has a revision that tells decisions apart, and not who made them, when, or in which order they stand', () => {
    const of = (change: Partial<Rollout>) => revisionOf({ ...EVERYBODY, ...change })
    const changes: Partial<Rollout>[] = [
      {}, { enabled: false }, { percent: 10 }, { salt: 'x' }, { allow: { users: ['W5GLE'], nodes: [] } }, { allow: { users: [], nodes: ['W5GLE'] } },
      { deny: { users: ['W5GLE'], nodes: [] } }, { minVersion: '1.0.0' }, { topology: 'auto' }, { shadow: 0.5 },
    ]
    expect(new Set(changes.map(of)).size).toBe(changes.length)
    expect(of({ history: [{ at: '2026-08-01T12:00:00Z', by: 'W5GLE', did: 'on' }] })).toBe(of({}))
    expect(of({ allow: { users: ['a', 'b'], nodes: [] } })).toBe(of({ allow: { users: ['b', 'a'], nodes: [] } }))
  })

  it('compares up to 10 percent unless it says otherwise', () => {
    const share = (change: Partial<Rollout>) => shadowShare({ ...EVERYBODY, ...change })
    expect([{ percent: 0 }, { percent: 10 }, { percent: 11 }, { percent: 100 }].map(share)).toEqual([0.1, 0.1, 0, 0])
    expect([{ percent: 10, enabled: false }, { percent: 10, shadow: false }, { percent: 50, shadow: 0.3 }, { percent: 10, shadow: 0 }].map(share)).toEqual([0, 0, 0.3, 0])
  })

  it('stands where it is named, or beside the configuration; the demo has none', () => {
    expect(rolloutPath({ rollout: null, config: '/etc/asterisk/allmon.ini' })).toBe('/etc/asterisk/rollout.json')
    expect(rolloutPath({ rollout: '/srv/r.json', config: '/etc/asterisk/allmon.ini' })).toBe('/srv/r.json')
    expect(rolloutPath({ rollout: null, config: null })).toBeNull()
  })

  it('stands in docs/configuration.md field by field, with its defaults', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docs/configuration.md'), 'utf8')
    const listed = [...text.matchAll(/^\| `"(\w+)"` \| `([^`]+)` \|/gm)].map(([, field = '', value = '']) => [field, JSON.parse(value) as unknown])
    expect(Object.keys(EVERYBODY)).toEqual(listed.map(([field]) => field))
    expect(parse(Object.fromEntries(listed)).value).toEqual(EVERYBODY)
  })
})
