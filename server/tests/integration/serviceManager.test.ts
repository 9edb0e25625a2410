/** The built gateway as a service: it says that it is ready when it is, and what it does from then on. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import { BUILT, needBuilt } from '../support/built.ts'
import { openNotifySocket } from '../support/notifySocket.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

it('is ready when it answers, reads again at SIGHUP, shows that it lives, and says that it stops before it does', async () => {
  needBuilt()
  const socket = await openNotifySocket()
  closers.push(socket.close)
  // Nothing of a service manager that runs these tests.
  const child = spawn(process.execPath, [BUILT, '--port', '0'], { env: { ...socket.env, WATCHDOG_USEC: '600000' }, stdio: ['ignore', 'ignore', 'inherit'] })
  closers.push(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  await socket.count(1)
  const [, url = ''] = /^READY=1\|STATUS=serving 3 nodes at (http:\S+)$/.exec(socket.messages[0] ?? '') ?? []
  expect((await fetch(`${url}healthz/live`)).status).toBe(200)
  await socket.count(2)
  expect(socket.messages[1]).toBe('WATCHDOG=1')
  child.kill('SIGHUP')
  const notLife = () => socket.messages.filter((message) => message !== 'WATCHDOG=1').map((message) => message.split('|')[0])
  while (notLife().length < 3) await socket.count(socket.messages.length + 1)
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  // What it said last may still be on its way through the receiver.
  await expect.poll(notLife).toEqual(['READY=1', 'RELOADING=1', 'READY=1', 'STOPPING=1'])
})
