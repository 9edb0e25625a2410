/** Commands of the documents that take too long for `npm test`: from the sources, in words that take seconds. */
import { spawn } from 'node:child_process'
import { expect, it, onTestFinished } from 'vitest'
import { COMMANDS } from '../../server/tests/docs/commands.ts'
import { ROOT_PATH } from '../../server/tests/docs/markdown.ts'

const proofs = Object.entries(COMMANDS).flatMap(([command, proof]) => (proof.by === 'sources' ? [{ command, ...proof }] : []))

function shell(line: string): Promise<{ code: number | null; said: string }> {
  const child = spawn('sh', ['-c', line], { cwd: ROOT_PATH, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  // One that takes too long leaves nothing behind.
  onTestFinished(() => { if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL') })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { said += text })
  return new Promise((resolve) => { child.on('close', (code) => { resolve({ code, said }) }) })
}

it.each(proofs)('$command', { timeout: 300_000 }, async ({ instead, code = [0], says = /^/ }) => {
  const end = await shell(instead)
  expect(code, end.said).toContain(end.code)
  expect(end.said).toMatch(says)
})
