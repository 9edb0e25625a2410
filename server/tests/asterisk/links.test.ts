/** What a real app_rpt does with our commands, and what viewers are shown of it. */
import { afterEach, describe, expect, it } from 'vitest'
import { FAR, FAR_HUB, HUB, NODE, SILENT, oneStage } from './stage.ts'

const on = oneStage()
afterEach(async () => {
  await on.stage.here.cli(`rpt cmd ${NODE} ilink 6 0`)
  await on.stage.there.cli(`rpt cmd ${FAR} ilink 6 0`)
  await on.near.until(({ links }) => Object.keys(links).length === 0, 'no links here', 60_000)
  await on.far.until(({ links }) => Object.keys(links).length === 0, 'none there', 60_000)
})

/** The same of the node's own console: names and modes, as `48752T`. */
async function truth(node: string): Promise<string[]> {
  const said = /RPT_ALINKS=\d+,?(.*)/.exec(await on.stage.here.cli(`rpt show variables ${node}`))?.[1] ?? ''
  return said.split(',').filter((link) => link !== '').map((link) => link.slice(0, -1)).sort()
}

describe('a link over a real app_rpt', () => {
  it.each([
    ['connect', 'transceive', 'T'],
    ['monitor', 'monitor', 'R'],
  ] as const)('that is made with %s is shown at both ends, told as done, and ended by disconnect', async (action, mode, letter) => {
    expect(await on.stage.me.link(action, FAR)).toMatchObject({ status: 200, body: { data: { outcome: 'done', code: 'linked' } } })
    await on.near.until(({ links }) => links[FAR]?.state === 'established' && links[FAR].mode === mode && links[FAR].keyed === false && links[FAR].reconnects === 0, 'the link')
    await on.near.until(({ links }) => links[FAR]?.direction === 'out' && links[FAR].peer === null && links[FAR].permanent === false, 'whose call it is')
    await on.far.until(({ links }) => links[NODE]?.direction === 'in', 'the call that came')
    expect(await truth(NODE)).toEqual([`${FAR}${letter}`])
    expect(await on.stage.me.link('disconnect', FAR)).toMatchObject({ status: 200, body: { data: { outcome: 'done', code: 'disconnected' } } })
    await on.near.until(({ links }) => links[FAR] === undefined, 'its end')
  })

  it('that only this server hears is shown, although app_rpt tells nobody of it', async () => {
    expect(await on.stage.me.link('local-monitor', FAR)).toMatchObject({ status: 200, body: { data: { outcome: 'done' } } })
    await on.near.until(({ links }) => links[FAR]?.state === 'established' && links[FAR].mode === 'local-monitor', 'the link')
  })

  it('to another node of the same server is one at both', async () => {
    const hub = await on.stage.watch(HUB)
    expect(await on.stage.me.link('connect', HUB)).toMatchObject({ status: 200 })
    await hub.until(({ links }) => links[NODE]?.state === 'established', 'the other end')
    expect(await on.stage.me.link('disconnect', HUB)).toMatchObject({ status: 200 })
    await hub.until(({ links }) => links[NODE] === undefined, 'its end', 30_000)
  })

  it('tells what lies behind it', async () => {
    expect(await on.stage.me.link('connect', FAR)).toMatchObject({ status: 200 })
    await on.stage.there.cli(`rpt cmd ${FAR} ilink 3 ${FAR_HUB}`)
    await on.near.until(({ indirect }) => indirect.nodes[FAR_HUB] === 'transceive', 'the node behind', 30_000)
    expect(await on.stage.me.link('connect', FAR_HUB)).toMatchObject({ status: 409, body: { code: 'linked-indirectly' } })
    // A neighbour whose last other link ends tells it by an empty list, of which app_rpt takes no notice (app_rpt.c handle_link_data).
    await on.stage.me.link('disconnect', FAR)
    await on.near.until(({ indirect }) => indirect.total === 0, 'nothing behind')
  })

  it('that nobody answers is being called, and one without a number shows no link; neither is told as done', async () => {
    expect(await on.stage.me.link('connect', SILENT)).toMatchObject({ status: 202, body: { data: { outcome: 'not-confirmed', code: 'being-called' } } })
    await on.near.until(({ links }) => links[SILENT]?.state === 'connecting' && links[SILENT].mode === null, 'the call')
    expect(await on.stage.me.link('disconnect', SILENT)).toMatchObject({ status: 200 })
    expect(await on.stage.me.link('connect', '27227')).toMatchObject({ status: 202, body: { data: { outcome: 'not-confirmed', code: 'no-link-yet' } } })
  })

  it('that is permanent is known as such, and gone with all others', async () => {
    expect(await on.stage.me.link('connect', FAR, { perm: true })).toMatchObject({ status: 200 })
    await on.near.until(({ links }) => links[FAR]?.permanent === true, 'that it is permanent')
    expect(await on.stage.me.link('connect', HUB)).toMatchObject({ status: 200 })
    expect(await on.stage.me.send('nodes/disconnect-all', { localnode: NODE })).toMatchObject({ status: 200, body: { data: { outcome: 'done' } } })
    await on.near.until(({ links }) => Object.keys(links).length === 0, 'none')
    expect(await truth(NODE)).toEqual([])
  })

  it('that is made and ended by the other end stands no more; since 3.10 app_rpt keeps its place for 10 s, and takes no call meanwhile', async () => {
    await on.stage.there.cli(`rpt cmd ${FAR} ilink 3 ${NODE}`)
    await on.near.until(({ links }) => links[FAR]?.direction === 'in', 'the call from there')
    await on.stage.there.cli(`rpt cmd ${FAR} ilink 1 ${NODE}`)
    // Until 3.9 it waits after its word of farewell, which is heard then (app_rpt.c remote_hangup_helper).
    if (await on.stage.there.isBefore(3, 10)) {
      await on.near.until(({ links }) => links[FAR] === undefined, 'that it is gone')
      expect(await on.stage.me.link('connect', FAR)).toMatchObject({ status: 200, body: { data: { outcome: 'done' } } })
      return
    }
    await on.near.until(({ links }) => links[FAR]?.state === 'connecting', 'that it stands no more')
    expect(await on.stage.me.link('connect', FAR)).toMatchObject({ status: 409, body: { code: 'hung-up' } })
    await on.near.until(({ links }) => links[FAR] === undefined, 'its end', 30_000)
  })

  it('T-7 that is answered late and hung up at once is being called until somebody ends it, whatever events go on telling of it', async () => {
    const dialplan = (line: string) => on.stage.there.cli(`dialplan ${line}`)
    for (const [i, step] of ['Ringing()', 'Wait(6)', 'Answer()', 'Wait(1)', 'Hangup()'].entries()) await dialplan(`add extension ${FAR},${i + 1},${step} into nodes`)
    try {
      expect(await on.stage.me.link('connect', FAR)).toMatchObject({ status: 202, body: { data: { code: 'being-called' } } })
      await on.near.until(({ links }) => links[FAR]?.state === 'established', 'its answer')
      await on.near.until(({ links }) => links[FAR]?.state === 'connecting', 'that it is hung up')
      const from = on.near.frames.length
      // Each makes app_rpt list all links of the node.
      expect(await on.stage.me.link('connect', HUB)).toMatchObject({ status: 200 })
      expect(await on.stage.me.link('disconnect', HUB)).toMatchObject({ status: 200 })
      expect(await truth(NODE)).toEqual([`${FAR}T`])
      expect(on.near.frames.slice(from).flatMap((frame) => (frame.type === 'patch' ? frame.patch.links?.[FAR]?.state ?? [] : []))).toEqual([])
      expect(await on.stage.me.link('disconnect', FAR)).toMatchObject({ status: 200 })
    } finally {
      await dialplan(`remove extension ${FAR}@nodes`)
    }
  })

  it('may be made by the digits of a radio\'s keypad', async () => {
    expect(await on.stage.me.send('nodes/dtmf', { localnode: NODE, dtmf: `*3${FAR}` })).toMatchObject({ status: 202, body: { data: { outcome: 'not-confirmed' } } })
    await on.near.until(({ links }) => links[FAR]?.state === 'established', 'the link')
  })
})
