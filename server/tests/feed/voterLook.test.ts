import { expect, it } from 'vitest'
import type { AmiMessage } from '../../src/ami/message.ts'
import { VoterLook } from '../../src/feed/voterLook.ts'
import { ManualClock } from '../support/manualClock.ts'

it('asks Asterisk once for all who ask meanwhile or just after, and again later; what goes wrong is an answer', async () => {
  const clock = new ManualClock()
  const asked: { node: string; settle: (error?: Error) => void }[] = []
  const empty = { isEmpty: true } as AmiMessage
  const look = new VoterLook(clock, (node) =>
    node === '1' ? null : new Promise((resolve, reject) => {
      asked.push({ node, settle: (error) => { if (error) reject(error); else resolve(empty) } })
    }),
  )
  expect(await look.look('1')).toBeNull()
  const crowd = Array.from({ length: 30 }, () => look.look('546056'))
  const other = look.look('546055')
  expect(asked.map(({ node }) => node)).toEqual(['546056', '546055'])
  asked[0]?.settle()
  asked[1]?.settle(new Error('gone'))
  expect(await Promise.all(crowd)).toEqual(crowd.map(() => ({ ok: true, instances: [] })))
  expect(await other).toMatchObject({ ok: false, code: 'ami-away' })
  await look.look('546056')
  expect(asked).toHaveLength(2)
  clock.advance(400)
  void look.look('546056')
  expect(asked).toHaveLength(3)
})
