import { expect, it } from 'vitest'
import { isSlipOf } from '../../src/config/slip.ts'

it.each([
  ['percent', 'a letter too few', 'ercent', 'pecent', 'percen'], ['percent', 'one too many', 'xpercent', 'perrcent', 'percents'],
  ['percent', 'another one', 'bercent', 'perzent', 'percend'], ['percent', 'two in the wrong order', 'eprcent', 'perecnt', 'percetn'], ['minVersion', 'capitals', 'minversion', 'MINVERSION'],
])('knows %s by one slip: %s', (name, _what, ...typed) => {
  expect(typed.filter((each) => !isSlipOf(each, name))).toEqual([])
})

it('takes another word for another word', () => {
  expect(['', 'cent', 'percentage', 'percnet2', 'pxrcxnt', 'prescent2', 'allow'].filter((typed) => isSlipOf(typed, 'percent'))).toEqual([])
  expect(isSlipOf('groups', 'users') || isSlipOf('regions', 'deny')).toBe(false)
})
