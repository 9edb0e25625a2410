/** One script over the real gateway and over `supermon-live/testing`: whoever tests a component with the fake one is answered as in earnest. */
import { afterEach, describe, expect, it } from 'vitest'
import { LiveClient } from '../../../frontend/src/services/liveClient.ts'
import { ApiError } from '../../../frontend/src/services/gatewayApi.ts'
import { createFakeGateway } from '../../../frontend/src/testing.ts'
import type { LinkAction } from '../../../protocol/actions.ts'
import type { FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { ALL_RIGHTS, ControlStage, NODE, OTHER } from '../support/controlStage.ts'
import { nodeEnv } from '../support/nodeEnv.ts'

const stage = new ControlStage()
afterEach(() => stage.close())

/** What both sides are asked through. */
type Client = Pick<LiveClient, 'control' | 'api'>

async function real(user: string, options: FakeAsteriskOptions = {}) {
  const { app, visitor, fake: asterisk } = await stage.open(options)
  const { cookie } = (await visitor(user)).headers
  const client = new LiveClient({ env: nodeEnv(app.url, cookie) })
  stage.onClose(() => { client.dispose() })
  return { client, asterisk }
}

function fake(name: string, permissions: readonly string[], node = NODE) {
  const gateway = createFakeGateway({ nodes: [NODE, OTHER], users: [{ name, permissions }] })
  stage.onClose(() => { gateway.dispose() })
  const { client } = gateway.plugin
  return { client, node: gateway.node(node) }
}

/** What came of it, without the sentence: `done linked`, `503 ami-closed`. */
const said = (work: Promise<{ readonly outcome: string; readonly code: string | null }>): Promise<string> =>
  work.then(({ outcome, code }) => `${outcome} ${code ?? ''}`, (error: unknown) => {
    if (error instanceof ApiError) return `${error.status ?? ''} ${error.serverCode ?? ''}`
    throw error
  })

type Step = readonly [LinkAction, target: string, permanent?: boolean]
async function links({ control }: Client, steps: readonly Step[], node = NODE): Promise<string[]> {
  const answers: string[] = []
  for (const [action, target, permanent] of steps) answers.push(`${action} ${target}: ${await said(control.link(action, node, target, permanent))}`)
  return answers
}

describe('the fake gateway answers as the real one', () => {
  it('what is asked of links that are there, and of those that are not', async () => {
    const steps: readonly Step[] = [
      ['disconnect', '48752'], ['connect', '48752'], ['connect', '48752'], ['monitor', '48752'], ['monitor', '48752'], ['local-monitor', '48752'],
      ['connect', '27225'], ['disconnect', '27225'], ['disconnect', '48752'], ['disconnect', '48752'],
    ]
    const here = await real('W5GLE', { links: { [NODE]: [{ name: '2000', behind: ['T27225'] }] } })
    const there = fake('W5GLE', ALL_RIGHTS)
    there.node.connect('2000')
    there.node.set({ indirect: { total: 1, more: false, nodes: { '27225': 'transceive' } } })
    const answers = await links(there.client, steps)
    expect(answers).toEqual(await links(here.client, steps))
    expect(answers[2]).toBe('connect 48752: done already-linked')
  })

  it('that all links end, and that there are none', async () => {
    const clear = async ({ control }: Client) => [await said(control.disconnectAll(NODE)), await said(control.disconnectAll(NODE))]
    const here = await real('W5GLE', { links: { [NODE]: [{ name: '48752' }] } })
    const there = fake('W5GLE', ALL_RIGHTS)
    there.node.connect('48752')
    // A web client stays.
    there.node.connect('W5GLE-P')
    expect(await clear(there.client)).toEqual(await clear(here.client))
    expect(Object.keys(there.node.state.links)).toEqual(['W5GLE-P'])
  })

  it('what names no other node, and what are no digits', async () => {
    const steps: readonly Step[] = [['connect', NODE], ['monitor', ''], ['connect', '0123'], ['disconnect', '0'], ['local-monitor', '48752 2000'], ['connect', '1'.repeat(21)]]
    const digits = async ({ control }: Client) => Promise.all(['hello', '', '*3', '*81'.repeat(11)].map((each) => said(control.dtmf(NODE, each))))
    const [here, there] = [await real('W5GLE'), fake('W5GLE', ALL_RIGHTS)]
    expect(await links(there.client, steps)).toEqual(await links(here.client, steps))
    expect(await digits(there.client)).toEqual(await digits(here.client))
    expect(there.node.state.links).toEqual({})
  })

  it('who may not: the right to it, to permanent links, and to nodes that are not there', async () => {
    const steps: readonly Step[] = [['monitor', '48752'], ['monitor', '0'], ['disconnect', '48752', true], ['connect', '48752', true], ['connect', '48752']]
    const [here, there] = [await real('KJ6AAA'), fake('KJ6AAA', ['CONNECTUSER'])]
    expect(await links(there.client, steps)).toEqual(await links(here.client, steps))
    expect(await links(there.client, steps, '1999')).toEqual(await links(here.client, steps, '1999'))
  })

  it('that a link is to be permanent, and one that is still being called', async () => {
    const steps: readonly Step[] = [
      ['connect', '48752'], ['connect', '48752', true], ['monitor', '48752', true], ['monitor', '48752', true], ['disconnect', '48752', true],
      ['connect', '27226'], ['connect', '27226', true], ['connect', '3101425', true], ['connect', '3101425'],
      ['connect', '3101425', true], ['disconnect', '3101425'], ['monitor', '3101425', true],
    ]
    const here = await real('WB6NIL', { links: { [OTHER]: [{ name: '27226', connected: false }, { name: '3101425', mode: 'monitor' }] } })
    const there = fake('WB6NIL', [...ALL_RIGHTS, 'PERMUSER'], OTHER)
    there.node.connect('27226', { state: 'connecting', mode: null })
    there.node.connect('3101425', { kind: 'echolink', mode: 'monitor' })
    expect(await links(there.client, steps, OTHER)).toEqual(await links(here.client, steps, OTHER))
  })

  it('whatever is asked of a node whose Asterisk is away, for the reason that is told of it', async () => {
    const steps: readonly Step[] = [['connect', '2000'], ['disconnect', '48752'], ['connect', NODE]]
    const rest = async ({ control }: Client) => [await said(control.disconnectAll(NODE)), await said(control.dtmf(NODE, '*3'))]
    const here = await real('W5GLE', { links: { [NODE]: [{ name: '48752' }] } })
    await links(here.client, [['connect', '48752']])
    await here.asterisk.close()
    const there = fake('W5GLE', ALL_RIGHTS)
    there.node.connect('48752')
    there.node.reach('down', 'ami-refused')
    // Which reason it is depends on when it is asked.
    const answers = [...await links(here.client, steps), ...await rest(here.client)].map((answer) => answer.replace(/503 ami-\S+/, '503 ami-refused'))
    expect([...await links(there.client, steps), ...await rest(there.client)]).toEqual(answers)
    expect(answers[0]).toBe('connect 2000: 503 ami-refused')
    expect(Object.keys(there.node.state.links)).toEqual(['48752'])
  })

  it('what a voter hears, until its Asterisk is away; and a node that is none', async () => {
    const ask = ({ api }: Client, node: string) => api.get(`nodes/voter/status?node=${node}`)
      .then((answer) => { const { node, voters } = answer as Record<string, unknown>; return { node, voters } }, (error: unknown) => (error as ApiError).status)
    const here = await real('W5GLE', { voters: { [NODE]: [{ name: 'Ridge', rssi: 0, master: true }, { name: 'Harbor', rssi: 0, mix: true }, { name: 'Campus', active: false }] } })
    const there = fake('W5GLE', ALL_RIGHTS)
    there.node.vote({ Ridge: { rssi: 0, master: true }, Harbor: { rssi: 0, mix: true }, Campus: { rssi: 0, inactive: true } })
    for (const node of [NODE, OTHER, '1999']) expect(await ask(there.client, node)).toEqual(await ask(here.client, node))
    await here.asterisk.close()
    there.node.reach('down')
    expect(await ask(there.client, NODE)).toBe(503)
    // The real one notices at its next question.
    await expect.poll(() => ask(here.client, NODE)).toBe(503)
  })
})
