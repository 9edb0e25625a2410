/** A real broker on loopback: Debian's Mosquitto, with its data in a folder of its own. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from './freePorts.ts'
import { ownAddress, TcpProxy } from './tcpProxy.ts'

/** A path, or the name under which a shell may find it. */
export const PROGRAM = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto'].find((path) => existsSync(path)) ?? 'mosquitto'

export class Mosquitto {
  readonly port: number
  /** While it is away, its port is given to nobody else. */
  readonly host: string
  readonly #folder: string
  #child: ChildProcess | null = null

  private constructor(host: string, port: number, folder: string) {
    this.host = host
    this.port = port
    this.#folder = folder
  }

  /**
   * @param lines of mosquitto.conf besides the listener; default: everybody may do everything
   * @param persists it keeps what it was told also over its own end; `lines` say where
   */
  static async start(lines: readonly string[] = ['allow_anonymous true'], persists = false): Promise<Mosquitto> {
    const folder = await mkdtemp(join(tmpdir(), 'supermon-live-mosquitto-'))
    const host = ownAddress()
    const broker = new Mosquitto(host, await freePorts(1, host), folder)
    await writeFile(join(folder, 'mosquitto.conf'), [`listener ${broker.port} ${host}`, `persistence ${String(persists)}`, ...lines, ''].join('\n'))
    await broker.resume()
    return broker
  }

  /** null = it does not run. */
  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  get url(): string {
    return `mqtt://${this.host}:${this.port}`
  }

  /** A way to it that can fail. @param host where it begins; one that will `refuse` needs an {@link ownAddress} */
  way(host?: string): TcpProxy {
    return new TcpProxy(this.port, host, this.host)
  }

  /** Starts it, again: what it kept is gone, unless it persists. */
  async resume(): Promise<void> {
    const child = spawn(PROGRAM, ['-c', join(this.#folder, 'mosquitto.conf')], { stdio: 'ignore' })
    this.#child = child
    await once(child, 'spawn')
    while (!(await answers(this.host, this.port))) {
      if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}: is its configuration right, is the port free?`)
    }
  }

  /** Kills it. */
  async pause(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  async stop(): Promise<void> {
    await this.pause()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, host)
    socket.once('connect', () => { socket.destroy(); resolve(true) })
    socket.once('error', () => { setTimeout(resolve, 10, false) })
  })
}
