/** Whose clock the doctor compares with this machine's. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { lookAtClock } from '../../src/doctor/clock.ts'
import type { Patient, Tools } from '../../src/doctor/patient.ts'

it('compares it with that of a machine that was named, and never with its own', async () => {
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.setHeader('date', new Date(Date.now() - 600_000).toUTCString()).end()
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  onTestFinished(() => { server.close() })
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const patient = { url, web: { server: 'apache', name: null, tls: null, into: null } } as unknown as Patient
  const run: Tools['run'] = () => Promise.resolve({ code: 0, stdout: 'NTPSynchronized=yes\n', stderr: '' })
  const tools = { run, now: () => Date.now(), builtAt: 0, systemd: true } as unknown as Tools
  expect(await lookAtClock({ ...patient, named: false }, tools)).toMatchObject({ id: 'clock', state: 'ok' })
  expect(asked).toBe(0)
  expect(await lookAtClock({ ...patient, named: true }, tools)).toMatchObject({ id: 'clock-differs' })
})
