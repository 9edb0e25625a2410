/** Parts of a bench that are processes of their own: they are asked over IPC, and answer. */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What a part can be asked, each with one argument. */
export type Api = Readonly<Record<string, (argument: never) => unknown>>

interface Question {
  readonly id: number
  readonly name: string
  readonly argument: unknown
}
interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** By the machine's own clock, which all its processes share, ms. Not of any day. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

export class Remote<A extends Api> {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }>()
  #asked = 0

  /** @param file beside this one, which calls {@link serve} */
  constructor(file: string) {
    this.#child = fork(fileURLToPath(new URL(file, import.meta.url)), { cwd: ROOT, execArgv: ['--import', 'tsx'], serialization: 'advanced' })
    this.#child.on('message', (answer: Answer) => { this.#onAnswer(answer) })
    this.#child.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${file} ended with ${code ?? signal ?? 'nothing'}`))
      this.#waiting.clear()
    })
  }

  get pid(): number {
    return this.#child.pid as number
  }

  async ask<N extends keyof A & string>(name: N, argument: Parameters<A[N]>[0]): Promise<Awaited<ReturnType<A[N]>>> {
    const id = (this.#asked += 1)
    const answer = new Promise<unknown>((resolve, reject) => { this.#waiting.set(id, { resolve, reject }) })
    this.#child.send({ id, name, argument } satisfies Question)
    return (await answer) as Awaited<ReturnType<A[N]>>
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }

  #onAnswer({ id, value, error }: Answer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(value)
    else waiting?.reject(new Error(error))
  }
}

/** Answers whoever started this process, and ends with him. */
export function serve(api: Api): void {
  process.on('message', ({ id, name, argument }: Question) => {
    Promise.resolve().then(() => (api[name] as (argument: unknown) => unknown)(argument)).then(
      (value) => process.send?.({ id, value } satisfies Answer),
      (error: unknown) => process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) } satisfies Answer),
    )
  })
  process.on('disconnect', () => { process.exit() })
}
