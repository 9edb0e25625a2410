/** A real Asterisk that goes, hangs and comes back: what viewers are told, and that they need do nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Watcher } from '../support/running.ts'
import { FAR, NODE, Stage } from './stage.ts'

/** Told by then; on a busy machine a little later. */
const TOLD_MS = 10_000

let stage: Stage
let near: Watcher
let far: Watcher
beforeAll(async () => {
  stage = await Stage.open()
  near = await stage.watch(NODE)
  far = await stage.watch(FAR)
})
afterAll(() => stage.close())

describe('an Asterisk', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('that ends by %s is told as closed, and shown again when it is back, while the other one goes on', async (signal) => {
    const snapshots = far.snapshots
    await stage.here.down(signal)
    await near.until(({ reach, reachReason }) => reach === 'down' && ['ami-closed', 'ami-refused'].includes(reachReason?.code ?? ''), 'that it is gone', TOLD_MS)
    expect(near.state).toMatchObject({ rx: null, tx: null })
    expect(await stage.me.link('connect', FAR)).toMatchObject({ status: 503 })
    await stage.here.up()
    await near.up()
    expect(await stage.me.link('connect', FAR)).toMatchObject({ status: 200 })
    expect(await stage.me.link('disconnect', FAR)).toMatchObject({ status: 200 })
    expect(far.state.reach).toBe('up')
    expect(far.snapshots).toBe(snapshots)
  })

  it('that hangs is told as silent, and goes on where it was', async () => {
    stage.here.signal('SIGSTOP')
    await near.until(({ reach, reachReason }) => reach === 'down' && reachReason?.code === 'ami-no-answer', 'that it hangs', TOLD_MS)
    expect(far.state.reach).toBe('up')
    stage.here.signal('SIGCONT')
    await near.up()
  })

  it('that dies takes its links along: the other end shows it, and a permanent link is called until it is back', async () => {
    expect(await stage.me.link('connect', FAR, { perm: true })).toMatchObject({ status: 200 })
    await near.until(({ links }) => links[FAR]?.permanent === true, 'the link')
    await stage.there.down('SIGKILL')
    await far.until(({ reach }) => reach === 'down', 'that it is gone', TOLD_MS)
    await near.until(({ links }) => links[FAR]?.state === 'connecting', 'that it is called again', 60_000)
    await stage.there.up()
    await near.until(({ links }) => links[FAR]?.state === 'established', 'that it is back', 60_000)
    expect(near.link(FAR)?.permanent).toBe(true)
    await far.until(({ links }) => links[NODE]?.state === 'established', 'the same there')
  }, 180_000)
})
