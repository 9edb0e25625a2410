/** Without accounts everybody is a visitor, and whoever tries more is told why not. */
import { afterEach, expect, it } from 'vitest'
import { nodeConfig, runApp } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

it('a gateway without accounts knows nobody, lets nobody in, and says so', async () => {
  const app = await runApp([nodeConfig('546051', 1)])
  closers.push(() => app.close(0))
  const get = async (path: string) => (await fetch(`${app.url}api/v1/${path}`)).json() as Promise<Record<string, unknown>>
  for (const path of ['auth/me', 'auth/check']) {
    const { data } = (await get(path)) as { data: { user: null; authenticated: boolean; permissions: Record<string, boolean> } }
    expect(data).toMatchObject({ user: null, authenticated: false })
    expect(Object.keys(data.permissions).length).toBeGreaterThan(10)
    expect(Object.values(data.permissions)).not.toContain(true)
  }
  expect((await get('csrf-token'))['csrf_token']).toMatch(/^[0-9a-f]{64}$/)
  const post = async (path: string) => {
    const response = await fetch(`${app.url}api/v1/${path}`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username: 'W5GLE', password: 'x', localnode: '546051', remotenode: '48752' }),
    })
    return { status: response.status, ...((await response.json()) as object) }
  }
  expect(await post('auth/login')).toMatchObject({ status: 404, success: false, code: 'no-accounts' })
  expect(await post('nodes/connect')).toMatchObject({ status: 403, success: false, code: 'no-accounts' })
})
