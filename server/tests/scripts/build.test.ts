import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { load, root } from './support.ts'

interface Build {
  buildServer(entry: string, folder: string): Promise<void>
}
const { buildServer } = await load<Build>('build.mjs')

/** Every kind of dependency that the gateway has, CommonJS ones among them, each of them really used. */
const TRIAL = `
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { Parser } from 'htmlparser2'
import pino from 'pino'
import sirv from 'sirv'
import { WebSocket, WebSocketServer } from 'ws'

let text = ''
new Parser({ ontext: (part) => { text += part } }).end('<b>ok</b>')
sirv('.')
const lines = []
pino({ base: null }, { write: (line) => lines.push(JSON.parse(line).msg) }).info('logged')
const server = serve({ fetch: new Hono().get('/', (c) => c.text(text)).fetch, port: 0, hostname: '127.0.0.1' }, async ({ port }) => {
  new WebSocketServer({ server }).on('connection', (socket) => socket.send('greeting'))
  const body = await (await fetch('http://127.0.0.1:' + port)).text()
  const socket = new WebSocket('ws://127.0.0.1:' + port)
  socket.on('message', (data) => {
    console.log(JSON.stringify({ body, lines, greeting: String(data), version: __VERSION__, url: import.meta.url }))
    process.exit(0)
  })
})
`

let folder: string
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'bundle-')))
  // Inside the tree, so that its imports are found; outside of the sources, so that nobody else sees it.
  const nest = join(root, 'node_modules', '.cache', 'supermon-live')
  await mkdir(nest, { recursive: true })
  const entry = join(await mkdtemp(join(nest, 'trial-')), 'main.ts')
  await writeFile(entry, TRIAL)
  await buildServer(entry, join(folder, 'built'))
  await rm(join(entry, '..'), { recursive: true })
}, 60_000)
afterAll(() => rm(folder, { recursive: true }))

it('the gateway is bundled into one file with its map and a package.json', async () => {
  expect((await readdir(join(folder, 'built'))).sort()).toEqual(['main.js', 'main.js.map', 'package.json'])
})

it('the bundle asks for nothing but what Node has built in', async () => {
  const code = await readFile(join(folder, 'built', 'main.js'), 'utf8')
  const asked = [...code.matchAll(/(?:^import\b[^'"\n]*|__require\()["']([^"']+)["']/gm)].map((match) => match[1] ?? '')
  expect(asked.length).toBeGreaterThan(5)
  expect(asked.filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))).toEqual([])
})

it('the bundle runs from an empty folder, with its version and its own address', async () => {
  const main = join(folder, 'elsewhere', 'main.js')
  await mkdir(join(folder, 'elsewhere'))
  for (const name of ['main.js', 'package.json'])
    await copyFile(join(folder, 'built', name), join(folder, 'elsewhere', name))
  const child = spawn(process.execPath, [main], {
    cwd: join(folder, 'elsewhere'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  createInterface(child.stdout).on('line', (line) => lines.push(line))
  const [code] = (await once(child, 'close')) as [number]
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  expect(code).toBe(0)
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
    { body: 'ok', lines: ['logged'], greeting: 'greeting', version, url: pathToFileURL(main).href },
  ])
})

it.each(['./not-there.ts', 'no-such-package'])('an import of %s, which is not there, is an error', async (name) => {
  await writeFile(join(folder, 'broken.ts'), `import ${JSON.stringify(name)}`)
  await expect(buildServer(join(folder, 'broken.ts'), join(folder, 'never'))).rejects.toThrow(
    /^bundling the gateway failed: [^]*(?:not-there|no-such-package)/,
  )
})
