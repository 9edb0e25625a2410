/** A real Asterisk that goes, hangs and comes back: what viewers are told, and that they need do nothing. */
import { describe, expect, it } from 'vitest'
import { FAR, NODE, oneStage } from './stage.ts'

/** Told by then; on a busy machine a little later. */
const TOLD_MS = 10_000

const on = oneStage()

describe('an Asterisk', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('that ends by %s is told as closed, and shown again when it is back, while the other one goes on', async (signal) => {
    const snapshots = on.far.snapshots
    await on.stage.here.down(signal)
    await on.near.until(({ reach, reachReason }) => reach === 'down' && ['ami-closed', 'ami-refused'].includes(reachReason?.code ?? ''), 'that it is gone', TOLD_MS)
    expect(on.near.state).toMatchObject({ rx: null, tx: null })
    expect(await on.stage.me.link('connect', FAR)).toMatchObject({ status: 503 })
    await on.stage.here.up()
    await on.near.up()
    expect(await on.stage.me.link('connect', FAR)).toMatchObject({ status: 200 })
    expect(await on.stage.me.link('disconnect', FAR)).toMatchObject({ status: 200 })
    expect(on.far.state.reach).toBe('up')
    expect(on.far.snapshots).toBe(snapshots)
  })

  it('that hangs is told as silent, and goes on where it was', async () => {
    on.stage.here.signal('SIGSTOP')
    await on.near.until(({ reach, reachReason }) => reach === 'down' && reachReason?.code === 'ami-no-answer', 'that it hangs', TOLD_MS)
    expect(on.far.state.reach).toBe('up')
    on.stage.here.signal('SIGCONT')
    await on.near.up()
  })

  it('that dies takes its links along: the other end shows it, and a permanent link is called until it is back', async () => {
    expect(await on.stage.me.link('connect', FAR, { perm: true })).toMatchObject({ status: 200 })
    await on.near.until(({ links }) => links[FAR]?.permanent === true, 'the link')
    await on.stage.there.down('SIGKILL')
    await on.far.until(({ reach }) => reach === 'down', 'that it is gone', TOLD_MS)
    await on.near.until(({ links }) => links[FAR]?.state === 'connecting', 'that it is called again', 60_000)
    await on.stage.there.up()
    await on.near.until(({ links }) => links[FAR]?.state === 'established', 'that it is back', 60_000)
    expect(on.near.link(FAR)?.permanent).toBe(true)
    await on.far.until(({ links }) => links[NODE]?.state === 'established', 'the same there')
  }, 180_000)
})
