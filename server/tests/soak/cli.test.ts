/** The command line of the long soak: what it says, what it ends with, and that nothing is left when it is ended early. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { until } from '../../../frontend/tests/page/stage.ts'

const CLI = fileURLToPath(new URL('./cli.ts', import.meta.url))

function soak(...words: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', CLI, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => { child.kill('SIGKILL') })
  const told = { said: '' }
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { told.said += text })
  const code = new Promise<number | null>((resolve) => { child.on('close', resolve) })
  return { child, told, code }
}

/** Processes that were started by this one, with their state: `T` = stopped. */
function childrenOf(parent: number | undefined): { readonly pid: number; readonly state: string }[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8')
      const [state = '', ppid] = text.slice(text.lastIndexOf(')') + 2).split(' ')
      return Number(ppid) === parent ? [{ pid: Number(name), state }] : []
    } catch {
      return []
    }
  })
}

it('ends with 0 where a mistake was put in and was found', async () => {
  const { told, code } = soak('--minutes', '0.1', '--seed', '5', '--viewers', '6', '--plant', 'keying')
  expect(await code, told.said).toBe(0)
  expect(told.said).toMatch(/stale: .*it is said who talks[^]*found, as it must be: who talks stays known/)
}, 90_000)

it('ends with 1 where it was not, and says all the words that replay it; faults that spare no process are enough', async () => {
  const { told, code } = soak('--minutes', '0.01', '--seed', '3', '--viewers', '5', '--only', 'gateway killed', '--plant', 'keying')
  expect(await code, told.said).toBe(1)
  expect(told.said).toMatch(/right after .*: gateway killed\n1 acts/)
  expect(told.said).toContain("not found: who talks stays known while Asterisk is away\nreplay: npm run test:faults -- --minutes 0.01 --seed 3 --viewers 5 --only 'gateway killed' --plant keying\n")
}, 120_000)

it('ended early, it ends a frozen gateway too, and sums up', async () => {
  const { child, told, code } = soak('--minutes', '1', '--viewers', '5', '--only', 'gateway frozen')
  const frozen = await until(() => childrenOf(child.pid).find(({ state }) => state === 'T'), 60_000)
  child.kill('SIGTERM')
  expect(await code, told.said).toBe(143)
  expect(told.said).toMatch(/no act came to its end\nended by SIGTERM\n$/)
  expect(() => process.kill(frozen.pid, 0)).toThrow()
}, 120_000)

it('does not begin with words that it does not know', async () => {
  const { told, code } = soak('--viewers', 'many')
  expect(await code).toBe(2)
  expect(told.said).toContain('--viewers wants a number above 0, not "many"')
})
