/**
 * A real Asterisk with app_rpt (AllStarLink 3 has both), with files of its own in a folder of its own: what else runs on this machine is left
 * alone, and nothing listens but on loopback.
 */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { endWithUs } from '../support/endWithUs.ts'
import { freePorts } from '../support/freePorts.ts'
import { asteriskFiles } from './asteriskFiles.ts'
import type { Ports } from './asteriskFiles.ts'

const run = promisify(execFile)

/** A node's start is app_rpt's own, some seconds; a module that is not there shows by then as well, ms. */
const START_MS = 45_000

const PROGRAM = process.env['ASTERISK'] ?? '/usr/sbin/asterisk'

/** Why there can be none here, as a clause; null = there can. */
export function missingAsterisk(): string | null {
  return existsSync(PROGRAM) ? null : `there is no ${PROGRAM}: install AllStarLink 3's asl3-asterisk, or say in ASTERISK where its asterisk is`
}

/** UDP ports that nobody has just now. */
async function freeUdpPorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'))
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => { socket.bind(0, '127.0.0.1', resolve) })))
  const ports = sockets.map((socket) => socket.address().port)
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => { socket.close(resolve) })))
  return ports
}

export class RealAsterisk {
  readonly nodes: readonly string[]
  readonly ports: Ports
  readonly #folder: string
  #child: ChildProcess | null = null

  private constructor(nodes: readonly string[], ports: Ports, folder: string) {
    this.nodes = nodes
    this.ports = ports
    this.#folder = folder
  }

  /**
   * Not started yet: where it can be called has to be known to the others first.
   * @param nodes its nodes: the first has a radio, the others none
   * @throws where there is no Asterisk
   */
  static async create(nodes: readonly string[]): Promise<RealAsterisk> {
    const missing = missingAsterisk()
    if (missing !== null) throw new Error(missing)
    const [iax, radio, speaker] = await freeUdpPorts(3) as [number, number, number]
    return new RealAsterisk(nodes, { ami: await freePorts(1), iax, radio, speaker }, await mkdtemp(join(tmpdir(), 'supermon-live-asterisk-')))
  }

  /**
   * @param where each node can be called, its own included: UDP port on this machine
   * @throws when its nodes are not there in time; what its log says is in the message
   */
  async start(where: Readonly<Record<string, number>>): Promise<void> {
    for (const name of ['etc/keys', 'db', 'spool', 'run', 'log']) await mkdir(join(this.#folder, name), { recursive: true })
    for (const [name, text] of Object.entries(asteriskFiles(this.#folder, this.nodes, this.ports, where))) await writeFile(join(this.#folder, 'etc', name), text)
    await this.up()
  }

  /** Starts it again as it was. */
  async up(): Promise<void> {
    const child = spawn(PROGRAM, ['-C', this.#settings, '-f'], { stdio: 'ignore' })
    this.#child = child
    endWithUs(child)
    let failed = null as Error | null
    child.on('error', (error) => { failed = error })
    const end = Date.now() + START_MS
    for (;;) {
      const listed = await this.cli('rpt localnodes').catch(() => '')
      if (this.nodes.every((node) => listed.includes(node))) return
      if (failed !== null) throw failed
      if (Date.now() > end || child.exitCode !== null || child.signalCode !== null) {
        const log = await readFile(join(this.#folder, 'log/full'), 'utf8').catch(() => '')
        throw new Error(`Asterisk's nodes are not there: ${log.split('\n').filter((line) => /ERROR|WARNING/.test(line)).slice(-5).join('\n')}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }

  /** What its own console answers. */
  async cli(line: string): Promise<string> {
    return (await run(PROGRAM, ['-C', this.#settings, '-rx', line])).stdout
  }

  /** Is its app_rpt older? That of 3.8.0 says 3.7.1. */
  async isBefore(major: number, minor: number): Promise<boolean> {
    const said = await this.cli('rpt show version')
    const [, is, sub] = /version: (\d+)\.(\d+)\./.exec(said) ?? []
    if (is === undefined || sub === undefined) throw new Error(`app_rpt does not say its version: ${said}`)
    return Number(is) < major || (Number(is) === major && Number(sub) < minor)
  }

  /** SIGSTOP: it is there and does nothing. SIGCONT: it goes on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal)
  }

  /** @param signal SIGTERM: it says goodbye to whom it is connected; SIGKILL: it does not */
  async down(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGCONT')
    child.kill(signal)
    await ended
  }

  async close(): Promise<void> {
    await this.down('SIGKILL')
    await rm(this.#folder, { recursive: true, force: true })
  }

  get #settings(): string {
    return join(this.#folder, 'etc/asterisk.conf')
  }
}
