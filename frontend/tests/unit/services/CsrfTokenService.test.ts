import { describe, expect, it } from 'vitest'
import { CsrfTokenService } from '../../../src/services/CsrfTokenService.ts'

function service() {
  let fetched = 0
  const csrf = new CsrfTokenService({ fetchToken: () => Promise.resolve(`token-${++fetched}`) })
  return { csrf, fetched: () => fetched }
}

describe('CsrfTokenService', () => {
  it('fetches once, however many ask at once', async () => {
    const { csrf, fetched } = service()
    expect(await Promise.all([csrf.getToken(), csrf.getToken(), csrf.getToken()])).toEqual(['token-1', 'token-1', 'token-1'])
    expect(await csrf.getToken()).toBe('token-1')
    expect(fetched()).toBe(1)
    expect(csrf.getTokenSync()).toBe('token-1')
  })

  it('retries a refused request once with a fresh token, and gives up the second time', async () => {
    const { csrf } = service()
    const used: string[] = []
    const answer = await csrf.withToken((token) => Promise.resolve(used.push(token)), () => true)
    expect(used).toEqual(['token-1', 'token-2'])
    expect(answer).toBe(2)
  })

  it('renews once for many requests that were refused together', async () => {
    const { csrf, fetched } = service()
    await csrf.getToken()
    await Promise.all([1, 2, 3].map(() => csrf.withToken((token) => Promise.resolve(token), (token) => token === 'token-1')))
    expect(fetched()).toBe(2)
  })

  it('drops the token at sign-in, also one that was on its way', async () => {
    let finish: (token: string) => void = () => undefined
    let next = () => new Promise<string>((resolve) => { finish = resolve })
    const csrf = new CsrfTokenService({ fetchToken: () => next() })
    const old = csrf.getToken()
    csrf.clearToken()
    finish('of the visitor')
    await old
    next = () => Promise.resolve('of the user')
    expect(await csrf.getToken()).toBe('of the user')
  })

  it('keeps no failure', async () => {
    let fail = true
    const csrf = new CsrfTokenService({ fetchToken: () => (fail ? Promise.reject(new Error('down')) : Promise.resolve('ok')) })
    await expect(csrf.getToken()).rejects.toThrow('down')
    fail = false
    expect(await csrf.getToken()).toBe('ok')
  })
})
