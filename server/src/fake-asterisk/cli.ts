/** `npm run fake-asterisk -- …`: prints one JSON line when it is ready, ends on SIGINT or SIGTERM. */
import { HELP, readOptions } from './cliOptions.ts'
import { startFakeAsterisk } from './fakeAsterisk.ts'
import type { FakeAsteriskOptions } from './fakeAsterisk.ts'

function fail(message: string, code: number): void {
  process.stderr.write(`fake-asterisk: ${message}\n`)
  process.exitCode = code
}

function explain(error: unknown): string {
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number }
  const where = port === undefined ? '' : ` ${port}`
  if (code === 'EADDRINUSE')
    return `port${where} is taken; stop what uses it or choose another with --port or --control-port`
  if (code === 'EACCES') return `port${where} needs rights that this user does not have; choose one above 1023`
  return message
}

async function run(args: readonly string[]): Promise<void> {
  let options: FakeAsteriskOptions | null
  try {
    options = readOptions(args)
  } catch (error) {
    const [first = ''] = (error as Error).message.split('\n')
    fail(`${first.replace(/\.?$/, '')}; see --help`, 2)
    return
  }
  if (options === null) {
    process.stdout.write(HELP)
    return
  }
  // From here on, so that a signal during the start ends it as cleanly as a later one.
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        resolve()
      })
  })
  try {
    const fake = await startFakeAsterisk(options)
    const { port, controlPort, nodes, user } = fake
    process.stdout.write(`${JSON.stringify({ ready: true, port, controlPort, nodes, user })}\n`)
    await ended
    await fake.close()
    process.exit(0)
  } catch (error) {
    fail(explain(error), 1)
  }
}

await run(process.argv.slice(2))
