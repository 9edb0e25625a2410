import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { HELP, readOptions } from '../../src/fake-asterisk/cliOptions.ts'
import { loggedIn } from './rawClient.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const children: ChildProcessByStdio<null, Readable, Readable>[] = []
afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
})

interface Run {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  readonly out: () => string
  readonly ended: Promise<{ code: number | null; out: string; err: string }>
}

/** By the script that `npm run fake-asterisk` runs. */
function run(...args: string[]): Run {
  const child = spawn(process.execPath, ['scripts/fake-asterisk.mjs', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let out = ''
  let err = ''
  child.stdout.on('data', (part: Buffer) => (out += part.toString()))
  child.stderr.on('data', (part: Buffer) => (err += part.toString()))
  const ended = once(child, 'close').then((event) => ({ code: (event as [number | null])[0], out, err }))
  return { child, out: () => out, ended }
}

describe('npm run fake-asterisk', { timeout: 60_000 }, () => {
  test('prints one line of JSON when it is ready and ends on a signal with code 0', async () => {
    const { child, out, ended } = run('--port', '0', '--control-port', '0', '--nodes', '2', '--links', '3', '--secret', 's')
    while (!out().includes('\n')) await once(child.stdout, 'data')
    const ready = JSON.parse(out()) as { port: number; controlPort: number }
    expect(ready).toMatchObject({ ready: true, nodes: ['546051', '546055'], user: 'admin' })
    expect(Object.keys(ready)).toEqual(['ready', 'port', 'controlPort', 'nodes', 'user'])
    const client = await loggedIn(ready.port, { secret: 's' })
    const state: unknown = await (await fetch(`http://127.0.0.1:${ready.controlPort}/state`)).json()
    expect(state).toMatchObject({ port: ready.port, sessions: 1 })
    child.kill('SIGTERM')
    const { code, err } = await ended
    expect({ code, err, lines: out().split('\n').length }).toEqual({ code: 0, err: '', lines: 2 })
    client.close()
  })

  test('a port that is taken: one line that says what and what to do, code 1', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { code, out, err } = await run('--port', String(port)).ended
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(new RegExp(`^fake-asterisk: port ${port} is taken; .*--port.*\\n$`))
    other.close()
  })

  test('a wrong option is refused in one line, code 2', async () => {
    const { code, out, err } = await run('--prot', '1').ended
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/^fake-asterisk: [^\n]+; see --help\n$/)
  })
})

describe('its options', () => {
  test.each([[['--prot', '1']], [['--scenario', 'loud']], [['--port', '70000']], [['--nodes', 'a,b']], [['--links', 'x']], [['stray']]])('%j are refused', (args) => {
    expect(() => readOptions(args)).toThrow()
  })

  test('have defaults, which --help tells', () => {
    expect(readOptions([])).toMatchObject({ port: 5038, controlPort: null, nodes: 3, links: 20, scenario: 'net', user: 'admin', secret: 'demo' })
    expect(readOptions(['--nodes', '2000,2001'])).toMatchObject({ nodes: ['2000', '2001'] })
    expect(readOptions(['--help'])).toBeNull()
    expect(HELP).toContain('--scenario')
  })
})
