/** The dashboard's files: what browsers may keep, what they may load, and nothing from beside the folder. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { runApp } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** As written: `fetch` would tidy the path. */
function raw(port: number, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path }, (response) => {
      let body = ''
      response.on('data', (data: Buffer) => { body += data.toString() })
      response.on('end', () => { resolve({ status: response.statusCode ?? 0, body }) })
    }).on('error', reject).end()
  })
}

it('keeps what bears a hash for good, asks for the page each time, and gives nothing from outside', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  closers.push(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'app/assets'), { recursive: true })
  await writeFile(join(folder, 'app/index.html'), '<!doctype html><p>page</p>')
  await writeFile(join(folder, 'app/assets/index-AbC.js'), 'export {}')
  await writeFile(join(folder, 'secret.txt'), 'hidden words')
  for (const base of ['', '/live']) {
    const app = await runApp([], { files: join(folder, 'app'), base })
    closers.push(() => app.close(0))
    const page = await fetch(app.url)
    expect(await page.text()).toContain('page')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'self';.*object-src 'none'/)
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    const again = await fetch(app.url, { headers: { 'if-none-match': page.headers.get('etag') ?? '' } })
    expect(again.status).toBe(304)
    const asset = await fetch(`${app.url}assets/index-AbC.js`)
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    for (const path of ['/../secret.txt', '/assets/../../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/%5c..%5csecret.txt', '//secret.txt']) {
      const { status, body } = await raw(app.port, base + path)
      expect(status, path).toBeGreaterThanOrEqual(300)
      expect(body, path).not.toContain('hidden words')
    }
  }
})
