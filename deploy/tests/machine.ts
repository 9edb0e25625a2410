/** A scratch machine: Debian with systemd as process 1, in namespaces of its own, with a network of its own that leads nowhere. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from '../../server/src/env/runProgram.ts'
import type { ProgramEnd } from '../../server/src/env/runProgram.ts'
import { cache, machineBase } from './machineBase.ts'
import type { Suite } from './machineBase.ts'

const BOOT = fileURLToPath(new URL('machineBoot.sh', import.meta.url))
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', HOME: '/root', DEBIAN_FRONTEND: 'noninteractive' }
const PATIENCE_MS = 60_000

export interface Machine {
  /** Runs a line of sh in it, as root. */
  run(line: string): Promise<ProgramEnd>
  /** The same, and what it said. Throws with that when it ends with another code than 0. */
  must(line: string): Promise<string>
  put(path: string, text: string, mode?: number): Promise<void>
  /** Copies a file or folder of this machine into it. */
  copyIn(from: string, path: string): Promise<void>
  read(path: string): Promise<string>
  close(): Promise<void>
}

export async function bootMachine(name: Suite): Promise<Machine> {
  const base = await machineBase(name)
  const place = await mkdtemp(join(cache, 'machine', 'place-'))
  const unshare = spawn('unshare', ['--pid', '--fork', '--mount', '--uts', '--ipc', '--cgroup', '--net', '--kill-child', BOOT, base, place], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [unshare.stdout, unshare.stderr]) stream.on('data', (data: Buffer) => { said += data.toString() })
  const ended = once(unshare, 'exit')
  const close = async () => {
    unshare.kill('SIGKILL')
    await ended
    await rm(place, { recursive: true })
  }
  try {
    const init = await waitFor('systemd runs', async () => (unshare.exitCode === null ? await initOf(unshare.pid ?? 0) : Promise.reject(new Error('it ended'))))
    const machine = machineOf(init, close)
    await waitFor('it is up', async () => (/^(running|degraded)/.test((await machine.run('systemctl is-system-running')).stdout) ? true : null))
    return machine
  } catch (error) {
    await close()
    throw new Error(`the scratch machine did not boot (${String(error)}): ${said.slice(-1_000)}`)
  }
}

/** The process that unshare has made, once it has become systemd. */
async function initOf(pid: number): Promise<number | null> {
  const child = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim()
  if (child === '') return null
  return (await readFile(`/proc/${child}/comm`, 'utf8')).trim() === 'systemd' ? Number(child) : null
}

function machineOf(init: number, close: () => Promise<void>): Machine {
  const inside = (path: string) => join(`/proc/${init}/root`, path)
  // In a session of its own: a line that signals its process group must not reach whoever runs these tests.
  const run = (line: string) =>
    runProgram('setsid', ['--wait', 'nsenter', '-t', String(init), '--mount', '--pid', '--uts', '--ipc', '--cgroup', '--net', '--root', '--wd', 'sh', '-c', line], {
      env: { ...ENVIRONMENT }, timeoutMs: 240_000,
    })
  return {
    run,
    close,
    must: async (line) => {
      const { code, stdout, stderr } = await run(line)
      if (code !== 0) throw new Error(`${line} ended with ${code}: ${(stderr + stdout).trim()}`)
      return stdout.trim()
    },
    put: async (path, text, mode = 0o644) => {
      await mkdir(dirname(inside(path)), { recursive: true })
      await writeFile(inside(path), text)
      await chmod(inside(path), mode)
    },
    copyIn: (from, path) => cp(from, inside(path), { recursive: true }),
    read: (path) => readFile(inside(path), 'utf8'),
  }
}

/** Asks until the answer is not null. */
export async function waitFor<T>(what: string, ask: () => Promise<T | null>, ms = PATIENCE_MS): Promise<T> {
  const end = Date.now() + ms
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
