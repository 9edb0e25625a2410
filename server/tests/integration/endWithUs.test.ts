/** What tests start ends with them, also where a worker is killed. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { until } from '../support/running.ts'

const HELPER = new URL('../support/endWithUs.ts', import.meta.url).href
/** Starts two programs, says their numbers, and lives on. */
const STARTER = `
  import { spawn } from 'node:child_process'
  import { once } from 'node:events'
  import { endWithUs } from ${JSON.stringify(HELPER)}
  const [kept, ended] = [1, 2].map(() => spawn('sleep', ['3600'], { stdio: 'ignore' }))
  for (const child of [kept, ended]) endWithUs(child)
  ended.kill()
  await once(ended, 'exit')
  console.log(JSON.stringify([kept.pid, process.pid]))
  setInterval(() => undefined, 1_000)
`

/** Not the leftover of one that ended and that nobody has asked for yet. */
const runs = (pid: number) => /^[^Z]/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)]).stdout.toString().trim())
const children = (pid: number) => spawnSync('ps', ['-o', 'args=', '--ppid', String(pid)]).stdout.toString().trim().split('\n').filter((line) => /sleep|trap/.test(line))

it('a program ends with a process that is killed, and what watches over it with the program', async () => {
  const starter = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', STARTER], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [line] = await once(starter.stdout, 'data') as [Buffer]
    const [program, parent] = JSON.parse(line.toString()) as [number, number]
    await until(() => children(parent).length === 2, 'one program and one that watches')
    expect(runs(program)).toBe(true)
    starter.kill('SIGKILL')
    await until(() => !runs(program), 'its end')
  } finally {
    starter.kill('SIGKILL')
  }
})
