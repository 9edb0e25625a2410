/** The command in the built gateway, by its exit code and its streams, as scripts see it. */
import { afterEach, expect, it } from 'vitest'
import { runProgram } from '../../src/env/runProgram.ts'
import { Machine } from './machine.ts'
import { BUILT, needBuilt } from '../support/built.ts'

let machine: Machine
afterEach(() => machine.remove())

const run = (...words: string[]) => {
  needBuilt()
  return runProgram(process.execPath, [BUILT, 'setup', '--root', machine.root, ...words], { env: { PATH: process.env['PATH'] } })
}

it('tells apart what was done, what could not be, wrong words, and a machine without nodes', async () => {
  machine = await Machine.make()
  const none = await run('--yes')
  expect([none.code, none.stderr, none.stdout.split('\n')[0]]).toEqual([3, '', 'No nodes were found, and nothing was written.'])
  const wrong = await run('--wbe', 'apache')
  expect(wrong).toEqual({ code: 2, stdout: '', stderr: 'supermon-live: setup has no option "--wbe"; see: setup --help\n' })
  await machine.write('/etc/asterisk/rpt.conf', '[546051')
  const broken = await run('--yes')
  expect([broken.code, broken.stderr.split('\n').length]).toEqual([1, 2])
  expect(broken.stderr).toContain('supermon-live: /etc/asterisk/rpt.conf:1: this section header has no closing bracket')
  await machine.write('/etc/asterisk/rpt.conf', '[546051]')
  // Nobody sits at this pipe: nothing is asked, and manager.conf stays as it is.
  await machine.write('/etc/asterisk/manager.conf', '[general]\nenabled = yes\n')
  const done = await run()
  expect([done.code, done.stderr, await machine.read('/etc/asterisk/manager.conf')]).toEqual([0, '', '[general]\nenabled = yes\n'])
  expect(await machine.settings()).toMatchObject({ config: '/etc/supermon-live/allmon.ini' })
})

it('is not stopped half way by who reads no further, such as head', async () => {
  machine = await Machine.make({ '/etc/asterisk/rpt.conf': '[546051]' })
  const line = '{ "$0" "$@"; echo "$?" >"$CODE"; } 2>&1 | :'
  await runProgram('sh', ['-c', line, process.execPath, BUILT, 'setup', '--root', machine.root, '--yes'], { env: { PATH: process.env['PATH'], CODE: machine.at('/code') } })
  expect([await machine.read('/code'), await machine.settings()]).toEqual(['0\n', expect.objectContaining({ config: '/etc/supermon-live/allmon.ini' })])
})
