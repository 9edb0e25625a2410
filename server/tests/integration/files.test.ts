/** The dashboard's files: what browsers may keep, what they may load, and nothing from beside the folder. */
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import type { IncomingHttpHeaders, RequestOptions, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { InFlight } from '../../src/http/inFlight.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { runApp } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** As written: `fetch` would tidy the path. */
function raw(port: number, path: string, options: RequestOptions = {}): Promise<{ status: number; body: string; headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, ...options }, (response) => {
      let body = ''
      response.on('data', (data: Buffer) => { body += data.toString() })
      response.on('end', () => { resolve({ status: response.statusCode ?? 0, body, headers: response.headers }) })
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
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'self';.*frame-ancestors 'self'; object-src 'none'/)
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

it("lets the page's own lines of script run, as they are in the file, and no others", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  closers.push(() => rm(folder, { recursive: true, force: true }))
  const scripts = ['\n  start("é")\n', 'other()']
  const html = `<!doctype html><script>${scripts.join('</script><script src="x.js"></script><script>')}</script>`
  await writeFile(join(folder, 'index.html'), html)
  await writeFile(join(folder, 'index.html.gz'), gzipSync(html))
  await writeFile(join(folder, 'plain.html'), '<!doctype html><p>page</p>')
  await writeFile(join(folder, 'made.js'), html)
  const app = await runApp([], { files: folder })
  closers.push(() => app.close(0))
  const policy = async (path: string, headers = {}) => (await fetch(`${app.url}${path}`, { headers })).headers.get('content-security-policy') ?? ''
  const hashes = scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`).join(' ')
  expect(await policy('')).toMatch(/^default-src 'self'/)
  expect((await policy('')).split('; ')).toContain(`script-src 'self' ${hashes}`)
  expect(await policy('', { 'accept-encoding': 'identity' })).toBe(await policy(''))
  for (const path of ['plain.html', 'made.js']) expect(await policy(path), path).not.toContain('script-src')
})

describe('asked in odd ways', () => {
  let folder: string
  let port: number
  const ask = async (headers: Record<string, string>, method = 'GET', path = '/assets/index-AbC.js') => {
    const { status, body, headers: said } = await raw(port, path, { headers, method })
    return { status, body, encoding: said['content-encoding'], type: said['content-type'], said }
  }
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
    closers.push(() => rm(folder, { recursive: true, force: true }))
    await mkdir(join(folder, 'assets'))
    await writeFile(join(folder, 'index.html'), '<!doctype html><p>page</p>')
    await writeFile(join(folder, '.env'), 'hidden words')
    await writeFile(join(folder, 'assets/index-AbC.js'), 'export {}')
    await writeFile(join(folder, 'assets/index-AbC.js.br'), 'by brotli')
    await writeFile(join(folder, 'assets/index-AbC.js.gz'), 'by gzip')
    const app = await runApp([], { files: folder })
    closers.push(() => app.close(0))
    port = app.port
  })

  it('answers a part with the whole, also one that ends before it begins', async () => {
    for (const range of ['bytes=5-2', 'bytes=0-0', 'bytes=-5', 'bytes=99-', 'bytes=', 'x']) {
      expect(await ask({ range }), range).toMatchObject({ status: 200, body: 'export {}' })
    }
  })

  it('in the encoding that the caller takes', async () => {
    expect(await ask({ 'accept-encoding': 'gzip, deflate, br' })).toMatchObject({ body: 'by brotli', encoding: 'br' })
    expect(await ask({ 'accept-encoding': 'gzip' })).toMatchObject({ body: 'by gzip', encoding: 'gzip', type: expect.stringContaining('text/javascript') as string })
    expect(await ask({ 'accept-encoding': 'br;q=0, GZIP;q=0.5' })).toMatchObject({ encoding: 'gzip' })
    const plain = await ask({ 'accept-encoding': 'brotli' })
    expect(plain).toMatchObject({ body: 'export {}', encoding: undefined, said: { vary: 'Accept-Encoding' } })
    expect(await ask({ 'accept-encoding': 'gzip', 'if-none-match': String(plain.said.etag) }), 'another encoding is another answer').toMatchObject({ status: 200 })
    expect(await ask({ 'if-none-match': `"other", W/${String(plain.said.etag)}` })).toMatchObject({ status: 304, body: '' })
  })

  it('by other methods', async () => {
    expect(await ask({}, 'HEAD')).toMatchObject({ status: 200, body: '', said: { 'content-length': '9' } })
    for (const [method, path] of [['POST', '/'], ['DELETE', '/assets/index-AbC.js']] as const) {
      const { status, body, said } = await ask({}, method, path)
      expect([status, said.allow]).toEqual([405, 'GET, HEAD'])
      expect(JSON.parse(body)).toMatchObject({ success: false, code: 'wrong-method' })
    }
  })

  it('by a whole URL, as of a proxy, and by a name in escapes', async () => {
    expect(await ask({}, 'GET', `http://127.0.0.1:${port}/assets/index-AbC.js`)).toMatchObject({ status: 200, body: 'export {}' })
    expect(await ask({}, 'GET', `HTTP://127.0.0.1:${port}?x`)).toMatchObject({ status: 200, body: '<!doctype html><p>page</p>' })
    expect(await ask({}, 'GET', `http://127.0.0.1:${port}/api/v1/nodes`)).toMatchObject({ status: 200 })
    expect(await ask({}, 'GET', '/assets/index%2DAbC.js')).toMatchObject({ status: 200, body: 'export {}' })
    for (const path of ['/%', '/.env', '/assets', '/assets/', '/__proto__', '/constructor']) expect((await ask({}, 'GET', path)).status, path).toBe(404)
  })

  it('of a file that is gone since, as during an update: what was there goes on being served', async () => {
    await rm(join(folder, 'assets'), { recursive: true })
    expect(await ask({})).toMatchObject({ status: 200, body: 'export {}' })
  })
})

it('leads who asks for the root to the base, also by way of a proxy, and opens the page for one that strips the base', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  closers.push(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'index.html'), '<!doctype html><p>page</p>')
  const app = await runApp([], { files: folder, base: '/live' })
  closers.push(() => app.close(0))
  expect(await raw(app.port, '/')).toMatchObject({ status: 302, headers: { location: '/live/' } })
  expect(await raw(app.port, `http://127.0.0.1:${app.port}/live/`)).toMatchObject({ status: 200 })
  const proxy = (strips: boolean) => async (path: string) => {
    const handed = strips ? path.replace(/^\/live\//, '/') : path
    return raw(app.port, handed, { headers: { 'x-forwarded-for': '192.0.2.1' } })
  }
  for (const [strips, from] of [[false, '/'], [true, '/live/']] as const) {
    const ask = proxy(strips)
    const first = await ask(from)
    expect([first.status, first.headers.location]).toEqual([302, '/live/?from=root'])
    expect(await ask(first.headers.location ?? '')).toMatchObject({ status: 200, body: '<!doctype html><p>page</p>' })
  }
  for (const header of ['x-forwarded-host', 'x-forwarded-proto', 'forwarded', 'via']) {
    expect((await raw(app.port, '/', { headers: { [header]: 'x' } })).headers.location, header).toBe('/live/?from=root')
  }
})

it('lets go of who does not read his answer, and of nobody who has a socket', async () => {
  const sockets = new WebSocketServer({ noServer: true })
  const server = createHttpServer({
    api: new Hono().get('/big', (c) => c.body('x'.repeat(30_000_000))), files: null, base: '', pace: () => 0, inFlight: new InFlight(),
    upgrade: (request, socket, head) => { sockets.handleUpgrade(request, socket, head, () => undefined) },
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  closers.push(() => { server.closeAllConnections(); server.close() })
  expect(server.timeout).toBe(30_000)
  server.timeout = 300
  const { port } = server.address() as AddressInfo
  const viewer = new WebSocket(`ws://127.0.0.1:${port}/`)
  await new Promise((resolve) => { viewer.on('open', resolve) })
  closers.push(() => { viewer.terminate() })
  const held = new Promise<void>((resolve) => { server.once('request', (_request, response: ServerResponse) => response.once('close', resolve)) })
  const reader = connect(port, '127.0.0.1', () => { reader.pause().write('GET /big HTTP/1.1\r\nHost: a\r\n\r\n') })
  reader.on('error', () => undefined)
  closers.push(() => { reader.destroy() })
  await held
  expect(viewer.readyState).toBe(viewer.OPEN)
})
