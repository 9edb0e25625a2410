/** Who talks, over a real app_rpt: from the radio to the viewers of every node that hears it. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { Watcher } from '../support/running.ts'
import { FAR, HUB, NODE, oneStage } from './stage.ts'

const on = oneStage()
beforeAll(async () => {
  expect(await on.stage.me.link('connect', FAR)).toMatchObject({ status: 200 })
  await on.far.until(({ links }) => links[NODE]?.direction === 'in', 'the link')
  await silence()
})

/** That they are linked is said on the air. */
const silence = () => Promise.all([on.near, on.far].map((each) => each.until(({ rx, tx, links }) => rx === false && tx === false && Object.values(links).every(({ keyed }) => keyed === false), 'silence', 30_000)))

describe('a key-up', () => {
  it('is shown where it is received and where it is transmitted, and its end as well', async () => {
    const before = Date.now()
    on.stage.radio.key()
    await on.near.until(({ rx }) => rx === true, 'it is heard')
    await on.far.until(({ links, tx }) => links[NODE]?.keyed === true && tx === true, 'and goes out there')
    expect(on.near.state.lastKeyedAt).toBeGreaterThanOrEqual(before)
    expect(on.near.link(FAR)?.keyed).toBe(false)
    on.stage.radio.unkey()
    await on.near.until(({ rx, lastUnkeyedAt }) => rx === false && lastUnkeyedAt !== null, 'its end')
    await on.far.until(({ links }) => links[NODE]?.keyed === false && links[NODE].lastUnkeyedAt !== null, 'its end there')
    await silence()
  })

  it('from the other end is that link\'s, and keys our transmitter', async () => {
    on.stage.farRadio.key()
    await on.near.until(({ links, tx, rx }) => links[FAR]?.keyed === true && tx === true && rx === false, 'the link talks')
    on.stage.farRadio.unkey()
    await on.near.until(({ links }) => links[FAR]?.keyed === false, 'its end')
    await silence()
  })

  it('of a tenth of a second is not missed', async () => {
    for (let i = 0; i < 5; i++) {
      const from = on.near.frames.length
      await on.stage.radio.over(100)
      await on.near.until(({ rx }) => rx === false && keyings(on.near, from).length >= 2, 'both')
      expect(keyings(on.near, from)).toEqual([true, false])
    }
    await silence()
  })

  it('passes through a hub without a radio', async () => {
    const hub = await on.stage.watch(HUB)
    expect(await on.stage.me.link('connect', HUB)).toMatchObject({ status: 200 })
    await hub.until(({ links }) => links[NODE]?.state === 'established', 'the hub')
    on.stage.farRadio.key()
    await hub.until(({ links }) => links[NODE]?.keyed === true, 'at the hub')
    on.stage.farRadio.unkey()
    await hub.until(({ links }) => links[NODE]?.keyed === false, 'its end at the hub')
    await silence()
  })
})

/** What was told of the receiver since that frame. */
const keyings = ({ frames }: Watcher, from: number) => frames.slice(from).flatMap((frame) => (frame.type === 'patch' && typeof frame.patch.rx === 'boolean' ? [frame.patch.rx] : []))
