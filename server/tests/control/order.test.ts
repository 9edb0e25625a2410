import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ACTIONS, LINK_ACTIONS } from '../../../protocol/actions.ts'
import type { LinkAction } from '../../../protocol/actions.ts'
import { cliLine, ilinkOf, readOrder } from '../../src/control/order.ts'

const link = (action: LinkAction, perm?: unknown, remotenode: unknown = '48752', localnode: unknown = '546051') => {
  const read = readOrder(action, { localnode, remotenode, ...(perm === undefined ? {} : { perm }) })
  return read.ok ? cliLine(read.order) : read.code
}

describe('orders', () => {
  it.each([
    ['connect', null, 'rpt cmd 546051 ilink 3 48752'],
    ['connect', undefined, 'rpt cmd 546051 ilink 3 48752'],
    ['connect', false, 'rpt cmd 546051 ilink 3 48752'],
    ['connect', 'on', 'rpt cmd 546051 ilink 13 48752'],
    ['connect', true, 'rpt cmd 546051 ilink 13 48752'],
    ['monitor', null, 'rpt cmd 546051 ilink 2 48752'],
    ['monitor', 'on', 'rpt cmd 546051 ilink 12 48752'],
    ['local-monitor', null, 'rpt cmd 546051 ilink 8 48752'],
    ['local-monitor', true, 'rpt cmd 546051 ilink 18 48752'],
    ['disconnect', null, 'rpt cmd 546051 ilink 11 48752'],
    ['disconnect', 'on', 'rpt cmd 546051 ilink 11 48752'],
  ] as const)('%s with perm %s is %s', (action, perm, line) => {
    expect(link(action, perm)).toBe(line)
  })

  it('take node numbers as numbers too, as PHP writes them', () => {
    expect(link('connect', null, 48752, 546051)).toBe('rpt cmd 546051 ilink 3 48752')
  })

  it('never make a disconnect permanent, which would ask for another right', () => {
    const read = readOrder('disconnect', { localnode: '546051', remotenode: '48752', perm: 'on' })
    expect(read).toMatchObject({ ok: true, order: { permanent: false } })
    expect(read.ok && read.order.action !== 'dtmf' ? ilinkOf(read.order) : null).toBe(11)
  })

  it('for all links name the node alone, and whatever else is sent says nothing', () => {
    const read = readOrder('disconnect-all', { localnode: 546051, remotenode: '48752', perm: 'on' })
    expect(read.ok && cliLine(read.order)).toBe('rpt cmd 546051 ilink 6 0')
    expect(readOrder('disconnect-all', { remotenode: '48752' })).toMatchObject({ ok: false, code: 'bad-request' })
  })

  it.each(['0', '00', '048752', 0])('refuse %s, for which app_rpt takes the last node used', (target) => {
    expect(link('disconnect', null, target)).toBe('bad-target')
  })

  it('refuse the node itself, other shapes and other words for perm', () => {
    expect(link('connect', null, '546051')).toBe('bad-target')
    for (const perm of ['off', 'yes', '', 1, {}, []]) expect(link('connect', perm)).toBe('bad-request')
    for (const body of [null, undefined, [], 'x', 7, {}, { localnode: '546051' }, { localnode: null, remotenode: '1' }]) {
      expect(readOrder('connect', body)).toMatchObject({ ok: false, code: 'bad-request' })
      expect(readOrder('dtmf', body)).toMatchObject({ ok: false, code: 'bad-request' })
    }
  })

  it.each([
    '48752\r\nAction: Ping', '48752\n', '\r', '48752 1', ' 48752', '48752;core', '48752|x', '４８７５２', '48752\u0000', '48752\u2028', '', 'x'.repeat(21),
    '../1', '48752,2', "1'", '1"', '%0d%0a', -1, 1.5, 1e300, true,
  ])('refuse %j wherever it stands', (text) => {
    for (const action of LINK_ACTIONS) {
      expect(link(action, null, text)).toMatch(/^bad-(target|request)$/)
      expect(link(action, null, '48752', text)).toMatch(/^bad-(node|request)$/)
    }
    expect(readOrder('dtmf', { localnode: text, dtmf: '*81' })).toMatchObject({ ok: false })
    expect(readOrder('dtmf', { localnode: '546051', dtmf: text })).toMatchObject({ ok: false })
  })

  it('take digits of DTMF and nothing else, and repeat none in the refusal', () => {
    const read = readOrder('dtmf', { localnode: '546051', dtmf: '*81#ABCD0' })
    expect(read.ok && cliLine(read.order)).toBe('rpt fun 546051 *81#ABCD0')
    for (const dtmf of ['*81x', 'a', '*'.repeat(33), '*1 2', '*1\r\n2']) {
      const refused = readOrder('dtmf', { localnode: '546051', dtmf })
      expect(refused).toMatchObject({ ok: false, code: 'bad-digits' })
      if (!refused.ok && dtmf.length > 1) expect(refused.message).not.toContain(dtmf)
    }
  })

  it('become one CLI line of known words, whatever is sent', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 24 }), fc.stringMatching(/^[0-9A-Za-z*#; \r\n-]{0,22}$/))
    fc.assert(
      fc.property(fc.constantFrom(...ACTIONS), text, text, fc.anything(), (action, localnode, other, perm) => {
        const read = readOrder(action, action === 'dtmf' ? { localnode, dtmf: other } : { localnode, remotenode: other, perm })
        if (!read.ok) return
        expect(cliLine(read.order)).toMatch(/^(rpt cmd [0-9A-Za-z-]+ ilink (6 0|(2|3|8|11|12|13|18) [1-9A-Za-z-][0-9A-Za-z-]*)|rpt fun [0-9A-Za-z-]+ [0-9A-D*#]+)$/)
      }),
    )
  })
})
