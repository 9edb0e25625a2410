/** The files for web servers, letter by letter: whoever changes a template sees what becomes of it. */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/config/optionValues.ts'
import { gatewayOf, readFilePath, readName, textsOf } from '../../src/web/plan.ts'
import type { ServerName, Site, WebPlan } from '../../src/web/plan.ts'
import { fill, isOurs, sealed } from '../../src/web/templates.ts'

const TLS = { certificate: '/etc/letsencrypt/live/node.example/fullchain.pem', key: '/etc/letsencrypt/live/node.example/privkey.pem' }
const SITES: Readonly<Record<string, Site>> = {
  directory: { layout: 'directory' },
  sockets: { layout: 'sockets' },
  host: { layout: 'host', name: 'node.example', tls: null },
  'host-tls': { layout: 'host', name: 'node.example', tls: TLS },
}
const plan = (server: ServerName, site: Site, more: Partial<WebPlan> = {}): WebPlan => ({ server, site, base: '/supermon-live', gateway: '127.0.0.1:8105', ...more })

const golden = async (name: string, text: string) => {
  const path = fileURLToPath(new URL(`./golden/${name}.conf`, import.meta.url))
  if (process.env['UPDATE_GOLDEN'] !== undefined) await writeFile(path, text)
  expect(text, `${name}: run with UPDATE_GOLDEN=1 if it is meant so`).toBe(await readFile(path, 'utf8'))
}

describe('files for web servers', () => {
  for (const server of ['apache', 'nginx'] as const) {
    for (const [name, site] of Object.entries(SITES)) {
      it(`${server}: ${name} is as it was approved`, async () => {
        const { main, http } = await textsOf(plan(server, site))
        await golden(`${server}-${name}`, main)
        if (http !== null) await golden('nginx-http', http)
        // Nothing but the one gateway of this machine is ever forwarded to.
        const targets = [...main.matchAll(/\b(?:https?|wss?):\/\/([^/;"@$\s]+)/g)].map(([, target]) => target)
        expect(targets.length).toBeGreaterThan(0)
        expect(targets.filter((target) => target !== '127.0.0.1:8105' && target !== 'node.example')).toEqual([])
        expect(main).not.toMatch(/@[A-Z_]+@/)
      })
    }
  }

  it('names another port where one is given, in address and redirect', async () => {
    const { main } = await textsOf(plan('apache', SITES['host-tls'] as Site, { ports: { http: 8080, https: 8443 }, gateway: '[::1]:8115' }))
    expect(main).toContain('<VirtualHost *:8080>')
    expect(main).toContain('Redirect permanent "/" "https://node.example:8443/"')
    expect(main).toContain('ProxyPass "/" "http://[::1]:8115/"')
  })

  it('takes a dot of the base path for a dot', async () => {
    expect((await textsOf(plan('apache', { layout: 'directory' }, { base: '/club.example' }))).main).toContain('RedirectMatch 302 "^/club\\.example$" "/club.example/"')
  })

  it('does not take over a whole site', async () => {
    await expect(textsOf(plan('nginx', { layout: 'directory' }, { base: '' }))).rejects.toThrow(/has no base path.*base = \/supermon-live.*--name/)
    // Another path would take the sockets of a page at the root away from it.
    await expect(textsOf(plan('apache', { layout: 'sockets' }, { base: '' }))).rejects.toThrow(/a site of its own, whose own rule leads its sockets to the gateway; leave the web server as it is/)
    expect((await textsOf(plan('nginx', SITES['host'] as Site, { base: '' }))).main).toContain('proxy_pass http://127.0.0.1:8105;')
  })

  it('fails for a gap that it has no value for', () => {
    expect(() => fill('a @PORT@ b', {})).toThrow('there is no value for @PORT@')
    expect(() => fill('@TOSTRING@ @constructor@', { TOSTRING: 'x' })).not.toThrow()
    expect(fill('@A@, a@b.example', { A: '@A@ $1' })).toBe('@A@ $1, a@b.example')
  })

  it('knows its own text from one that somebody changed', () => {
    const text = sealed('ProxyPass …\n')
    expect(isOurs(text)).toBe(true)
    expect(isOurs(text.replace('…', '….'))).toBe(false)
    expect(isOurs('ProxyPass …\n')).toBe(false)
    expect(isOurs('')).toBe(false)
  })

  it('takes no name or path that would end a line or a quotation', () => {
    expect(readName(' Node.Example ', '--name')).toBe('node.example')
    for (const bad of ['', 'https://node.example', 'node.example:80', 'a b', 'a;b', '-a.example', 'a..b', 'x\ny', 'ä.example']) {
      expect(() => readName(bad, '--name'), bad).toThrow(UsageError)
    }
    expect(readFilePath('/etc/ssl/node.example_1+a@b.pem', '--key')).toBe('/etc/ssl/node.example_1+a@b.pem')
    for (const bad of ['', 'relative.pem', '/a b', '/a"b', '/a;b', '/a\nb', '/a$b', '/a\\b']) expect(() => readFilePath(bad, '--key'), bad).toThrow(UsageError)
  })

  it('knows where the gateway is reached on this machine, and when it is not', () => {
    expect(['127.0.0.1', '127.0.0.2', 'localhost', '0.0.0.0', '::', '::1'].map((host) => gatewayOf({ host, port: 8105 }))).toEqual([
      '127.0.0.1:8105', '127.0.0.2:8105', '127.0.0.1:8105', '127.0.0.1:8105', '127.0.0.1:8105', '[::1]:8105',
    ])
    expect(() => gatewayOf({ host: '192.0.2.1', port: 8105 })).toThrow(/listens on "192.0.2.1" only; take host out/)
    expect(() => gatewayOf({ host: '127.0.0.1', port: 0 })).toThrow(/port = 8105/)
  })
})
