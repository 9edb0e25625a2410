import { inspect } from 'node:util'
import pino from 'pino'
import { expect, it } from 'vitest'
import { Secret } from '../../src/config/secret.ts'

const text = 'hunter-two'

it('gives its text only when asked by name', () => {
  const secret = new Secret(text)
  expect(secret.reveal()).toBe(text)
  // eslint-disable-next-line @typescript-eslint/restrict-template-expressions -- the mistake under test
  const printed = [String(secret), `${secret}`, JSON.stringify({ secret }), inspect({ a: [secret] }, { depth: 9 })]
  printed.push(inspect(secret, { showHidden: true }), JSON.stringify(Object.entries({ ...secret })))
  expect(printed.join(' ')).not.toContain(text)
  expect(printed[0]).toBe('[secret]')
  expect(printed[2]).toBe('{"secret":"[secret]"}')
})

it('does not pass through a structured clone', () => {
  expect(inspect(structuredClone({ secret: new Secret(text) }))).not.toContain(text)
})

it('does not get into a pino log', () => {
  const lines: string[] = []
  pino({}, { write: (line: string) => void lines.push(line) }).info({ node: { id: '2000', secret: new Secret(text) } })
  expect(lines.join('')).toContain('[secret]')
  expect(lines.join('')).not.toContain(text)
})

it('compares without being revealed', () => {
  expect(new Secret('a').equals(new Secret('a'))).toBe(true)
  expect(new Secret('a').equals(new Secret('b'))).toBe(false)
  expect([new Secret('').isEmpty, new Secret('a').isEmpty]).toEqual([true, false])
})
