/** Single-use tickets and the right to see peers' addresses, over the whole server. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { AppOptions } from '../../src/app.ts'
import { cookieFor, openClub, openSocket } from '../support/club.ts'
import { handshake, sendRaw } from '../support/rawHttp.ts'
import { until } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function scene(anonymous: 'read' | 'none', options: Partial<AppOptions> = {}, authusers?: string) {
  const club = await openClub(closers, anonymous, options, authusers)
  const get = async (path: string, cookie = '') => {
    const response = await fetch(`${club.app.url}api/v1/${path}`, { headers: { cookie } })
    return { status: response.status, body: (await response.json()) as { token: string; ws_url: string; expires_in: number; code?: string } }
  }
  const open = (path: string, cookie = '', protocols?: string[]) => {
    const seen = openSocket(club.app, path, { cookie }, protocols)
    closers.push(() => { seen.socket.terminate() })
    return seen
  }
  const ended = async (path: string, cookie = '') => {
    const seen = open(path, cookie)
    await until(() => seen.code !== null || seen.types.includes('snapshot'), 'seated or closed')
    return seen.code
  }
  return { ...club, get, open, ended }
}

describe('K-5 a ticket', () => {
  it('opens one socket of its node, once, for the session that fetched it', async () => {
    const { app, get, ended } = await scene('none', { tickets: 'required' })
    const cookie = await cookieFor(app, 'W5GLE')
    const fetched = await get('nodes/546051/websocket/token', cookie)
    expect(fetched).toMatchObject({ status: 200, body: { success: true, node: '546051', expires_in: 30 } })
    const { token } = fetched.body
    expect(token).toMatch(/^[0-9a-f]{48}$/)
    expect(fetched.body.ws_url).toBe(`ws://127.0.0.1:${app.port}/ws/546051?token=${token}`)
    expect(await ended(`ws/546051?token=${token}`, cookie)).toBeNull()
    expect(await ended(`ws/546051?token=${token}`, cookie)).toBe(4401)
  })

  it('is of no use to a thief, for another node, or for many, and a try spends it', async () => {
    const { app, get, ended } = await scene('read', { tickets: 'required' })
    const cookie = await cookieFor(app, 'W5GLE')
    const token = async () => (await get('nodes/546051/websocket/token', cookie)).body.token
    const thief = await cookieFor(app, 'WB6NIL')
    const stolen = await token()
    expect(await ended(`ws/546051?ticket=${stolen}`, thief)).toBe(4401)
    expect(await ended(`ws/546051?ticket=${stolen}`, cookie)).toBe(4401)
    expect(await ended(`ws/546055?ticket=${await token()}`, cookie)).toBe(4401)
    expect(await ended(`ws?ticket=${await token()}`, cookie)).toBe(4401)
    expect(await ended(`ws/546051?ticket=${await token()}`)).toBe(4401)
    for (const junk of ['', 'x', '0'.repeat(48), '%00', encodeURIComponent('\r\nSet-Cookie: a=b')]) {
      expect(await ended(`ws/546051?ticket=${junk}`, cookie), junk).toBe(4401)
    }
  })

  it('for all nodes opens the common socket', async () => {
    const { app, get, open } = await scene('none', { tickets: 'required' })
    const cookie = await cookieFor(app, 'W5GLE')
    const { body } = await get('nodes/websocket/token', cookie)
    const seen = open(`ws?token=${body.token}`, cookie)
    await until(() => seen.types.includes('hello'), 'hello')
    seen.socket.send('{"type":"subscribe","nodes":[{"node":"546055"}]}')
    await until(() => seen.types.includes('snapshot'), 'snapshot')
  })

  it('is not given for a node that is not his, nor for what is no node', async () => {
    const { app, get } = await scene('none')
    const cookie = await cookieFor(app, 'WB6NIL')
    expect(await get('nodes/546051/websocket/token', cookie)).toMatchObject({ status: 404, body: { code: 'no-such-node' } })
    expect(await get('nodes/%20x/websocket/token', cookie)).toMatchObject({ status: 400, body: { code: 'bad-node' } })
    expect(await get('nodes/546055/websocket/token')).toMatchObject({ status: 404 })
  })

  it('is given to an address as often as it may try, so that nobody crowds out those of others', async () => {
    const { app } = await scene('read', { limits: { attemptBurst: 3, attemptsPerMinute: 6 } })
    const fetchFrom = async (address: string) => {
      const response = await fetch(`${app.url}api/v1/nodes/546051/websocket/token`, { headers: { 'x-forwarded-for': address } })
      return { status: response.status, retryAfter: Number(response.headers.get('retry-after')), body: (await response.json()) as object }
    }
    for (let i = 0; i < 3; i += 1) expect(await fetchFrom('198.51.100.7')).toMatchObject({ status: 200 })
    const refused = await fetchFrom('198.51.100.7')
    expect(refused).toMatchObject({ status: 429, body: { success: false, error: 'Too many attempts', code: 'too-many-attempts' } })
    expect(refused.retryAfter).toBeGreaterThan(8)
    expect(await fetchFrom('198.51.100.8')).toMatchObject({ status: 200 })
    expect(await (await fetch(`${app.url}metrics`)).text()).toContain('supermon_live_refusals_total{limit="attemptsPerMinute",code="429"} 1')
  })

  it('is not needed unless the operator says so; one that is brought must be good all the same', async () => {
    const { ended } = await scene('read')
    expect(await ended('ws/546051')).toBeNull()
    expect(await ended('ws/546051?ticket=spent')).toBe(4401)
  })

  it('of another server, as Supermon-NG\'s page brings it, counts as none, and the cookie says who it is', async () => {
    const theirs = `ws/546051?token=${'0123456789abcdef'.repeat(3)}`
    const { app, get, open, ended } = await scene('none')
    const cookie = await cookieFor(app, 'W5GLE')
    const bare = async (path: string, who = '') => {
      const seen = open(path, who, [])
      await until(() => seen.code !== null || seen.frames.length > 0, 'seated or closed')
      return seen.code
    }
    expect(await bare(theirs, cookie)).toBeNull()
    expect(await bare(theirs)).toBe(4401)
    // Who speaks our dialect, or says "ticket", means ours.
    expect(await ended(theirs, cookie)).toBe(4401)
    expect(await bare(theirs.replace('token', 'ticket'), cookie)).toBe(4401)
    // As browsers write it that offer another one besides.
    const raw = sendRaw(app.port, handshake(`/${theirs}`, [`Cookie: ${cookie}`, 'Sec-WebSocket-Protocol: chat, supermon.v2']))
    closers.push(() => { raw.socket.destroy() })
    await until(() => /spent, expired or not yours|"snapshot"/.test(raw.text()), 'refused or seated')
    expect(raw.text()).not.toContain('"snapshot"')
    // One that was given here must be good all the same.
    const thief = await cookieFor(app, 'WB6NIL')
    const { token } = (await get('nodes/546051/websocket/token', cookie)).body
    expect(await bare(`ws/546051?token=${token}`, thief)).toBe(4401)
    const strict = await scene('none', { tickets: 'required' })
    const seen = strict.open(theirs, await cookieFor(strict.app, 'W5GLE'), [])
    await until(() => seen.code !== null, 'closed')
    expect(seen.code).toBe(4401)
  })
})

describe('T-3 the address that a link comes from', () => {
  const grant = '$CONNECTUSER = array("W5GLE"); $RSTATUSUSER = array(); $RSTATUSER = array("W5GLE");'
  const PEER = /"(?:peer|ip)":"(?:\d+\.\d+\.\d+\.\d+)/

  it('is told to whoever has that right, in every dialect and over HTTP, and to nobody else', async () => {
    const { app, fake, open } = await scene('read', {}, grant)
    const cookie = await cookieFor(app, 'W5GLE')
    const mine = open('ws/546051', cookie)
    const theirs = open('ws/546051')
    const plan = [open('ws/546051', cookie, []), open('ws/546051', '', [])]
    const all = [mine, theirs, ...plan]
    await until(() => all.every(({ frames }) => JSON.stringify(frames).includes('48752') || frames.length > 1), 'links')
    await fake.connect({ node: '546051', link: '48752', direction: 'IN' })
    await until(() => all.every(({ frames }) => JSON.stringify(frames).includes('48752')), 'the new link')
    await fake.linkKey({ node: '546051', link: '48752', on: true })
    await until(() => all.every(({ frames }) => /"keyed":(true|"yes")/.test(JSON.stringify(frames))), 'keyed')
    expect(JSON.stringify(mine.frames)).toMatch(PEER)
    expect(JSON.stringify(plan[0]?.frames)).toMatch(PEER)
    expect(JSON.stringify(theirs.frames)).not.toMatch(PEER)
    expect(JSON.stringify(plan[1]?.frames)).not.toMatch(PEER)
    const row = async (who: string) => (await fetch(`${app.url}api/v1/nodes/ami/status?nodes=546051`, { headers: { cookie: who } })).text()
    expect(await row(cookie)).toMatch(PEER)
    expect(await row('')).not.toMatch(PEER)
    // Nobody is left out for it: both count on without a gap.
    for (const { frames } of [mine, theirs]) {
      const seqs = frames.flatMap((frame) => (frame.type === 'snapshot' || frame.type === 'patch' ? [frame.seq] : []))
      expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i))
    }
  })

  it('goes with the right, from open sockets too, and comes with it', async () => {
    const { app, accounts, folder, open } = await scene('read', {}, grant)
    const cookie = await cookieFor(app, 'W5GLE')
    const seen = open('ws/546051', cookie)
    await until(() => PEER.test(JSON.stringify(seen.frames)), 'addresses')
    seen.frames.length = 0
    await writeFile(join(folder, 'authusers.inc'), '<?php\n$CONNECTUSER = array("W5GLE");\n')
    await accounts.access.reload()
    await until(() => seen.frames.some(({ type }) => type === 'snapshot'), 'a snapshot')
    expect(JSON.stringify(seen.frames)).not.toMatch(PEER)
    expect(seen.code).toBeNull()
    await writeFile(join(folder, 'authusers.inc'), `<?php\n${grant}\n`)
    await accounts.access.reload()
    await until(() => PEER.test(JSON.stringify(seen.frames)), 'addresses again')
  })

  it.each([
    ['got', '$CONNECTUSER = array("W5GLE");', grant],
    ['lost', grant, '$CONNECTUSER = array("W5GLE");'],
  ])('S-4 H-3 is asked for anew by whoever %s the right while he was away, and not by who comes back as he went', async (got, before, after) => {
    const { app, accounts, folder, open } = await scene('read', {}, before)
    const cookie = await cookieFor(app, 'W5GLE')
    const row = async () => {
      const answer = await fetch(`${app.url}api/v1/nodes/ami/status?nodes=546051`, { headers: { cookie } })
      return ((await answer.json()) as { data: Record<string, { epoch: string; seq: number }> }).data['546051']
    }
    // Holds the node's place while the others go.
    const stays = open('ws/546051')
    const placeOf = ({ frames }: typeof stays) => frames.findLast((frame) => 'seq' in frame) as unknown as { epoch: string; seq: number }
    const back = async ({ epoch, seq }: { epoch: string; seq: number }) => {
      const seen = open(`ws/546051?epoch=${epoch}&seq=${seq}`, cookie)
      await until(() => seen.types.length > 1, 'an answer')
      return seen
    }
    await until(() => JSON.stringify(stays.frames).includes('"reach":"up"'), 'up')
    const first = open('ws/546051', cookie)
    await until(() => first.types.includes('snapshot'), 'a snapshot')
    first.socket.terminate()
    const held = placeOf(first)
    expect(await row()).toMatchObject({ epoch: held.epoch })
    await writeFile(join(folder, 'authusers.inc'), `<?php\n${after}\n`)
    await accounts.access.reload()
    const second = await back({ ...held, seq: placeOf(stays).seq })
    expect(second.types).toEqual(['hello', 'snapshot'])
    expect(PEER.test(JSON.stringify(second.frames))).toBe(got === 'got')
    second.socket.terminate()
    expect(await row()).toMatchObject({ epoch: placeOf(second).epoch })
    const third = await back({ epoch: placeOf(second).epoch, seq: placeOf(stays).seq })
    expect(third.types[1]).toBe('current')
  })
})
