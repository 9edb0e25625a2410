/** Each socket holds a thread of Apache for as long as it is open: without a limit, a crowd of viewers takes the whole site down. */
import { afterAll, describe, expect, it } from 'vitest'
import { ask } from '../../server/src/doctor/ask.ts'
import { openAs } from '../../server/src/doctor/browserSocket.ts'
import { startFakeAsterisk } from '../../server/src/fake-asterisk/fakeAsterisk.ts'
import { freePorts } from '../../server/tests/support/freePorts.ts'
import { nodeConfig, runApp } from '../../server/tests/support/running.ts'
import { closeAll, keep } from './fronts.ts'
import { ApacheProcess } from './webServers.ts'

afterAll(closeAll)

describe('more viewers than Apache has threads', () => {
  it('some find no socket, and site and polling go on', async () => {
    const fake = keep(await startFakeAsterisk({ nodes: ['546051'] }))
    const app = await runApp([nodeConfig('546051', fake.port)], { base: '/supermon-live' })
    keep({ close: () => app.close(0) })
    const http = await freePorts(1)
    const apache = keep(await ApacheProcess.make([http], `<VirtualHost *:${http}>\n  DocumentRoot "@WWW@"\n</VirtualHost>\n`, [], 25))
    await apache.web(`apache --base /supermon-live --port ${app.port}`)
    await apache.start(http)
    const url = new URL(`http://127.0.0.1:${http}/supermon-live/`)
    const viewers = []
    for (let i = 0; i < 26; i += 1) viewers.push(keepSocket(await openAs(new URL('ws', url), { browser: 'Firefox' })))
    expect(viewers.filter(({ ok }) => ok)).toHaveLength(16)
    expect(viewers.slice(16).map((viewer) => (viewer.ok ? 0 : viewer.status))).toEqual(viewers.slice(16).map(() => 503))
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(new URL('api/v1/nodes/ami/status?nodes=546051', url))))
    expect(answers.map((answer) => answer.ok && answer.status)).toEqual(answers.map(() => 200))
    expect(await ask(new URL('/', url))).toMatchObject({ ok: true, status: 200 })
    // Whoever leaves makes room.
    viewers.slice(0, 4).forEach((viewer) => { if (viewer.ok) viewer.close() })
    await expect.poll(async () => keepSocket(await openAs(new URL('ws', url), { browser: 'Chrome' })).ok, { timeout: 10_000 }).toBe(true)
  })
})

function keepSocket(opened: Awaited<ReturnType<typeof openAs>>) {
  if (opened.ok) keep({ close: () => { opened.close() } })
  return opened
}
