/** Who talks, over a real app_rpt: from the radio to the viewers of every node that hears it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Watcher } from '../support/running.ts'
import { FAR, HUB, NODE, Stage } from './stage.ts'

let stage: Stage
let near: Watcher
let far: Watcher
beforeAll(async () => {
  stage = await Stage.open()
  near = await stage.watch(NODE)
  far = await stage.watch(FAR)
  expect(await stage.me.link('connect', FAR)).toMatchObject({ status: 200 })
  await far.until(({ links }) => links[NODE]?.direction === 'in', 'the link')
  await silence()
})
afterAll(() => stage.close())

/** That they are linked is said on the air. */
const silence = () => Promise.all([near, far].map((each) => each.until(({ rx, tx, links }) => rx === false && tx === false && Object.values(links).every(({ keyed }) => keyed === false), 'silence', 30_000)))

describe('a key-up', () => {
  it('is shown where it is received and where it is transmitted, and its end as well', async () => {
    const before = Date.now()
    stage.radio.key()
    await near.until(({ rx }) => rx === true, 'it is heard')
    await far.until(({ links, tx }) => links[NODE]?.keyed === true && tx === true, 'and goes out there')
    expect(near.state.lastKeyedAt).toBeGreaterThanOrEqual(before)
    expect(near.link(FAR)?.keyed).toBe(false)
    stage.radio.unkey()
    await near.until(({ rx, lastUnkeyedAt }) => rx === false && lastUnkeyedAt !== null, 'its end')
    await far.until(({ links }) => links[NODE]?.keyed === false && links[NODE].lastUnkeyedAt !== null, 'its end there')
    await silence()
  })

  it('from the other end is that link\'s, and keys our transmitter', async () => {
    stage.farRadio.key()
    await near.until(({ links, tx, rx }) => links[FAR]?.keyed === true && tx === true && rx === false, 'the link talks')
    stage.farRadio.unkey()
    await near.until(({ links }) => links[FAR]?.keyed === false, 'its end')
    await silence()
  })

  it('of a tenth of a second is not missed', async () => {
    for (let i = 0; i < 5; i++) {
      const from = near.frames.length
      stage.radio.key()
      await new Promise((resolve) => setTimeout(resolve, 100))
      stage.radio.unkey()
      await near.until(({ rx }) => rx === false && keyings(near, from).length >= 2, 'both')
      expect(keyings(near, from)).toEqual([true, false])
    }
    await silence()
  })

  it('passes through a hub without a radio', async () => {
    const hub = await stage.watch(HUB)
    expect(await stage.me.link('connect', HUB)).toMatchObject({ status: 200 })
    await hub.until(({ links }) => links[NODE]?.state === 'established', 'the hub')
    stage.farRadio.key()
    await hub.until(({ links }) => links[NODE]?.keyed === true, 'at the hub')
    stage.farRadio.unkey()
    await hub.until(({ links }) => links[NODE]?.keyed === false, 'its end at the hub')
    await silence()
  })
})

/** What was told of the receiver since that frame. */
const keyings = ({ frames }: Watcher, from: number) => frames.slice(from).flatMap((frame) => (frame.type === 'patch' && typeof frame.patch.rx === 'boolean' ? [frame.patch.rx] : []))
