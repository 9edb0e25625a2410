/** Ending all links of a node, and what is known of permanent ones, over the whole server. */
import { afterEach, describe, expect, it } from 'vitest'
import { loggedIn } from '../fake-asterisk/rawClient.ts'
import { cookieFor, openClub } from '../support/club.ts'
import { until, Watcher } from '../support/running.ts'

const NODE = '546051'
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const rights = (...names: string[]) => names.map((name) => `$${name} = array("W5GLE");`).join('\n')

async function house(authusers: string) {
  const club = await openClub(closers, 'read', {}, authusers)
  const watcher = new Watcher(club.app, NODE)
  closers.push(() => { watcher.close() })
  await watcher.up()
  const cookie = await cookieFor(club.app, 'W5GLE')
  const { csrf_token: token } = (await (await fetch(`${club.app.url}api/v1/csrf-token`, { headers: { cookie } })).json()) as { csrf_token: string }
  const post = async (path: string, body: object, headers: Record<string, string> = { cookie, 'x-csrf-token': token }) => {
    const response = await fetch(`${club.app.url}api/v1/nodes/${path}`, {
      method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  return { ...club, watcher, post, links: () => club.fake.state().nodes[NODE]?.links ?? {} }
}

describe('POST nodes/disconnect-all', () => {
  it('ends every link, permanent ones too, leaves clients, and answers when the node shows it', async () => {
    const all = await house(rights('CONNECTUSER', 'PERMUSER', 'DISCUSER'))
    await all.fake.connect({ node: NODE, link: '48752', permanent: true })
    await all.fake.connect({ node: NODE, link: 'W5GLE' })
    await all.watcher.until(({ links }) => Object.keys(links).length === 4, 'four links')
    const answer = await all.post('disconnect-all', { localnode: NODE })
    expect(answer).toMatchObject({
      status: 200,
      body: {
        success: true,
        message: 'All links of 546051 are disconnected. Clients are not disconnected by it: W5GLE.',
        data: { action: 'disconnect-all', local_node: NODE, ilink: 6, outcome: 'done', code: 'all-disconnected' },
      },
    })
    expect(answer.body['data']).not.toHaveProperty('remote_node')
    expect(Object.keys(all.links())).toEqual(['W5GLE'])
    await all.watcher.until(({ links }) => Object.keys(links).join() === 'W5GLE', 'the viewer sees it')
    expect(await all.post('disconnect-all', { localnode: NODE })).toMatchObject({ status: 200, body: { data: { code: 'no-links', ami_response: false } } })
  })

  it('is for those who may disconnect, and asks for the token and for a node', async () => {
    const all = await house(rights('CONNECTUSER'))
    expect(await all.post('disconnect-all', { localnode: NODE })).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
    expect(await all.post('disconnect-all', { localnode: NODE }, {})).toMatchObject({ status: 401, body: { code: 'not-signed-in' } })
    expect(await all.post('disconnect-all', {})).toMatchObject({ status: 400, body: { code: 'bad-request', message: 'Give localnode as JSON.' } })
    expect(await all.post('disconnect-all', { localnode: '546051\r\nAction: Originate' })).toMatchObject({ status: 400, body: { code: 'bad-node' } })
    expect(Object.keys(all.links())).toHaveLength(2)
  })
})

describe('a permanent link that was made from here', () => {
  it('is told to every viewer, and one that is not permanent as well', async () => {
    const all = await house(rights('CONNECTUSER', 'PERMUSER', 'DISCUSER', 'MONUSER'))
    expect((await all.post('connect', { localnode: NODE, remotenode: '48752', perm: 'on' })).status).toBe(200)
    await all.watcher.until(({ links }) => links['48752']?.permanent === true, 'permanent')
    // It is not forgotten with the next poll.
    const frames = all.watcher.frames.length
    await all.fake.setVar({ node: NODE, name: 'WX', value: 'sun' })
    await until(() => all.watcher.frames.length > frames, 'a poll')
    expect(all.watcher.link('48752')?.permanent).toBe(true)
    expect((await all.post('monitor', { localnode: NODE, remotenode: '48752' })).status).toBe(200)
    await all.watcher.until(({ links }) => links['48752']?.permanent === false, 'not permanent any more')
    expect(all.links()['48752']).toMatchObject({ mode: 'monitor', permanent: false })
    expect((await all.post('disconnect', { localnode: NODE, remotenode: '48752' })).status).toBe(200)
    await all.watcher.until(({ links }) => links['48752'] === undefined, 'gone')
    // In order: no change overtook another.
    const seqs = all.watcher.frames.flatMap((frame) => (frame.type === 'patch' ? [frame.seq] : []))
    expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i))
  })

  it('is not known to be permanent any more once somebody else has made it anew in another mode', async () => {
    const all = await house(rights('CONNECTUSER', 'PERMUSER'))
    expect((await all.post('connect', { localnode: NODE, remotenode: '48752', perm: 'on' })).status).toBe(200)
    await all.watcher.until(({ links }) => links['48752']?.permanent === true, 'permanent')
    const operator = await loggedIn(all.fake.port, { secret: 'demo' })
    closers.push(() => { operator.close() })
    await operator.ask({ Action: 'Command', Command: `rpt cmd ${NODE} ilink 2 48752` })
    await all.watcher.until(({ links }) => links['48752']?.state === 'connecting' && links['48752'].permanent === true, 'called')
    await all.watcher.until(({ links }) => links['48752']?.mode === 'monitor', 'monitored')
    expect([all.watcher.link('48752')?.permanent, all.links()['48752']?.permanent]).toEqual([null, false])
  })
})
