/**
 * What stands in for Supermon-NG in these tests says what a real one says: 4.3.3, whose answers to the same questions are in the
 * fixtures, with a fake Asterisk behind it. A stand-in that were kinder would hide what ours does wrong.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PERMISSION_NAMES } from '../../src/access/permissions.ts'
import { aLink } from '../support/supermonDaemon.ts'
import { interview, listen, shapeOf, strange } from '../support/supermonInterview.ts'
import type { Said } from '../support/supermonInterview.ts'
import { startSupermon, STAND_IN_PASSWORD } from '../support/supermonStandIn.ts'
import type { SupermonStandIn } from '../support/supermonStandIn.ts'

const NODES = ['546051', '546055']
const fixture = async <T>(name: string) => JSON.parse(await readFile(join(import.meta.dirname, '../fixtures/supermon-ng', `${name}.json`), 'utf8')) as Record<string, T>

let supermon: SupermonStandIn
beforeAll(async () => {
  supermon = await startSupermon({ W5GLE: { permissions: ['CONNECTUSER', 'DISCUSER'], nodes: NODES } }, { nodes: NODES })
  supermon.daemon.set('546051', { remote_nodes: [aLink('2035')] })
})
afterAll(() => supermon.stop())

it('over HTTP: status, type, cookie and, as far as it says something, the same in the same types', async () => {
  const [real, stands] = [await fixture<Said>('answers'), await interview(supermon.url, STAND_IN_PASSWORD)]
  expect(Object.keys(stands)).toEqual(Object.keys(real))
  const differ: Record<string, unknown> = {}
  for (const [question, its] of Object.entries(stands)) {
    const theirs = real[question]!
    // Of who somebody is, and of refusals, it says all.
    const exact = question.includes('auth/') || theirs.status !== 200
    const words = exact ? (JSON.stringify(its.body) === JSON.stringify(theirs.body) ? [] : [its.body, theirs.body]) : strange(shapeOf(its.body), shapeOf(theirs.body))
    for (const part of ['status', 'type', 'cookie'] as const) if (its[part] !== theirs[part]) words.push(`${part} ${its[part]}, not ${theirs[part]}`)
    if (words.length > 0) differ[question] = words
  }
  expect(differ).toEqual({})
})

it('at its sockets: the same messages in the same order', async () => {
  const real = await fixture<object[]>('frames')
  for (const node of ['546051', '1']) {
    const stands = await listen(supermon.url.replace('http', 'ws'), node)
    expect(stands.map((message) => Object.keys(message as object).sort())).toEqual(real[node]!.map((message) => Object.keys(message).sort()))
    expect(stands.flatMap((message, i) => strange(shapeOf(message), shapeOf(real[node]![i])))).toEqual([])
  }
})

it('we know the names of all permissions that it tells', async () => {
  const { body } = (await fixture<{ body: { data: { permissions: object } } }>('answers'))['W5GLE: auth/me']!
  expect(PERMISSION_NAMES).toEqual(Object.keys(body.data.permissions))
})
