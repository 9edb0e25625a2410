import { expect, it } from 'vitest'
import { runProgram } from '../../src/env/runProgram.ts'

const node = (script: string, options = {}) => runProgram(process.execPath, ['-e', script], options)

it('gives what a program says, and its exit code', async () => {
  expect(await node('process.stdin.pipe(process.stdout); console.error("e"); process.exitCode = 3', { input: 'given' })).toEqual({ code: 3, stdout: 'given', stderr: 'e\n' })
})

it('gives 127 where there is no such program, and 124 for one that takes too long', async () => {
  expect(await runProgram('/no/such/program', [])).toMatchObject({ code: 127, stderr: expect.stringContaining('ENOENT') as string })
  expect(await node('setInterval(() => 1, 1000)', { timeoutMs: 100 })).toMatchObject({ code: 124 })
})

it('hands over the environment that it is told, and outlives a program that reads nothing', async () => {
  expect(await node('console.log(process.env.A, process.env.HOME)', { env: { A: 'b' }, input: 'x'.repeat(1_000_000) })).toMatchObject({ code: 0, stdout: 'b undefined\n' })
})

it('gives 127 where nothing can be started: no file descriptor is free, or an argument that no program can be given', async () => {
  const script = `
    import { openSync, closeSync } from 'node:fs'
    import { runProgram } from ${JSON.stringify(new URL('../../src/env/runProgram.ts', import.meta.url).href)}
    const open = []
    try { for (;;) open.push(openSync('/dev/null')) } catch {}
    const end = await runProgram('true', [])
    open.forEach((fd) => closeSync(fd))
    console.log(JSON.stringify(end))`
  const { stdout, stderr } = await runProgram('sh', ['-c', 'ulimit -n 64 && exec "$@"', 'sh', process.execPath, '--import', 'tsx', '--input-type=module', '-e', script])
  expect([stderr, JSON.parse(stdout)]).toEqual(['', { code: 127, stdout: '', stderr: 'spawn true EMFILE' }])
  expect(await runProgram('true', ['a\0b'])).toMatchObject({ code: 127, stderr: expect.stringContaining('null bytes') as string })
})
