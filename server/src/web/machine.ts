/** The machine whose web server is told, or the folder that stands for one. */
import { existsSync, lstatSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandError } from '../config/commandError.ts'
import { followLinks } from '../env/followLinks.ts'
import { plainLine } from '../env/printable.ts'
import type { RunProgram } from '../env/runProgram.ts'
import type { Command } from './steps.ts'

/** A2enmod and configtest answer within a second; a slow card takes longer. */
const PATIENCE_MS = 60_000

export class Machine {
  readonly root: string
  readonly #run: RunProgram

  /** @param root `/`, or the folder to take for it */
  constructor(root: string, run: RunProgram) {
    this.root = root
    this.#run = run
  }

  /** Is it this machine, and no folder that stands for one? */
  get isHere(): boolean {
    return this.root === '/'
  }

  /** The path of a file of the machine, as this process reaches it. */
  at(path: string): string {
    return join(this.root, path)
  }

  /** Is it there, be it a link that leads nowhere? */
  has(path: string): boolean {
    return lstatSync(this.at(path), { throwIfNoEntry: false }) !== undefined
  }

  /** The one name of a file that has several by links, its own and those of its folders. */
  async follow(path: string): Promise<string> {
    return (await followLinks(path, (each) => this.at(each)))?.end ?? path
  }

  /** Runs a program of the machine. Never throws. */
  ask([program, ...args]: Command) {
    const [command, words] = this.isHere ? [program, args] : ['chroot', [this.root, program, ...args]]
    // Programs of the administrator are not in the path of every shell.
    const path = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`
    return this.#run(command, words, { timeoutMs: PATIENCE_MS, env: { ...process.env, PATH: path, LC_ALL: 'C' } })
  }

  /** @throws CommandError with what the program said */
  async do(command: Command): Promise<void> {
    const { code, stdout, stderr } = await this.ask(command)
    if (code === 0) return
    const said = lastWords(stderr) || lastWords(stdout) || `exit code ${code}`
    throw new CommandError(`${command.join(' ')} failed: ${said}`)
  }

  /** Does systemd run it? */
  get hasSystemd(): boolean {
    return this.isHere && existsSync('/run/systemd/system')
  }

  /** Does the process run whose id that file holds? */
  async runs(pidFile: string): Promise<boolean> {
    const pid = Number(await readFile(this.at(pidFile), 'utf8').catch(() => ''))
    return this.isHere && pid > 0 && existsSync(`/proc/${pid}`)
  }
}

/** What a program complains of stands before its last words, such as "Action 'configtest' failed." */
function lastWords(text: string): string {
  const lines = text.split('\n').map(plainLine).filter((line) => line !== '' && !/^(?:Action '|The Apache error log|AH00558)/.test(line))
  return lines.slice(-3).join(' ').replace(/\.$/, '').slice(0, 500)
}
