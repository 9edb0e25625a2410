/** By whom the gateway signs in to a real Asterisk: what it may not read, and may not do. */
import { afterEach, describe, expect, it } from 'vitest'
import { FAR, NODE, Stage } from './stage.ts'

let stage: Stage
afterEach(() => stage.close())

describe('an AMI user', () => {
  it('who may send no commands shows all, and a command is told as not allowed', async () => {
    stage = await Stage.open('reader')
    const near = await stage.watch(NODE)
    stage.radio.key()
    await near.until(({ rx }) => rx === true, 'who talks')
    stage.radio.unkey()
    expect(await stage.me.link('connect', FAR)).toMatchObject({ status: 409, body: { code: 'ami-no-command-right' } })
  })

  it('who may read no events is shown what polls tell', async () => {
    stage = await Stage.open('deaf')
    const near = await stage.watch(NODE)
    stage.radio.key()
    await near.until(({ rx }) => rx === true, 'who talks')
    stage.radio.unkey()
    await near.until(({ rx }) => rx === false, 'the end of it')
    expect(await stage.me.link('connect', FAR)).toMatchObject({ status: 200, body: { data: { outcome: 'done' } } })
    await near.until(({ links }) => links[FAR]?.state === 'established', 'the link')
  })
})
