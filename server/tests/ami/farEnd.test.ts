/** Links whose far end is gone, and a node that starts: what is understood of what real ones said. */
import { describe, expect, it } from 'vitest'
import { parseXStat } from '../../src/ami/xstat.ts'
import { messages, replyTo, serverBytes, understood } from './wire.ts'

describe('a link whose far end is gone, as real nodes told it', () => {
  const rows = (capture: string) =>
    messages(serverBytes(capture)).flatMap((reply) => {
      const read = reply.actionId?.startsWith('x') === true ? parseXStat(reply) : null
      return read?.ok === true ? [read.value.conns.map(({ name, peer, state, mode, reconnects }) => [name, peer, state, mode, reconnects])] : []
    })

  it('has no peer until it is called again, and counts only answers', () => {
    expect(rows('41-permanent-link-redialled.txt')).toEqual([
      [['2000', '127.0.0.1', 'established', 'transceive', 0]],
      [['2000', null, 'connecting', null, 0]],
      [['2000', '127.0.0.1', 'connecting', null, 0]],
      [['2000', null, 'connecting', null, 0]],
      [['2000', '127.0.0.1', 'connecting', null, 0]],
      [['2000', '127.0.0.1', 'established', 'transceive', 1]],
    ])
  })

  it('has none either where it had called us, and stands no more, whatever Asterisk goes on to say', () => {
    expect(rows('40-far-end-disconnects.txt')[2]).toEqual([
      ['2000', null, 'connecting', null, 0],
      ['2003', null, 'connecting', null, 0],
    ])
  })
})

describe('a node of an Asterisk that starts', () => {
  const read = (id: string) => parseXStat(replyTo('45-starting.txt', id))

  it('is no action, then one of which nothing is known, then one that is silent', () => {
    expect(read('x1')).toMatchObject({ ok: false, code: 'unknown-action' })
    expect(understood(read('x2'))).toMatchObject({ conns: [], rxKeyed: null, txKeyed: null })
    expect(understood(read('x3'))).toMatchObject({ conns: [], rxKeyed: false, txKeyed: false })
  })
})
