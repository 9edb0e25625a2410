/** What is being answered, and what is held of whoever is gone. */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { InFlight } from '../../src/http/inFlight.ts'
import { ManualClock } from '../support/manualClock.ts'
import { until } from '../support/running.ts'

let inFlight: InFlight
let server: Server
let client: Socket
let received: string
const answers: (() => void)[] = []
beforeEach(async () => {
  inFlight = new InFlight()
  answers.length = 0
  server = createServer((request, response) => {
    inFlight.begin(request, response)
    answers.push(() => { response.end('ok') })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.on('error', () => undefined)
  received = ''
  client.on('data', (data: Buffer) => { received += data.toString() })
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(5))
  await until(() => answers.length === 5, 'asked')
})
afterEach(async () => {
  client.destroy()
  await new Promise((resolve) => { server.close(resolve) })
})

/** Begins to stop, in held time. @returns whether it waits for nothing any more */
function finish(): () => boolean {
  let done = false
  void inFlight.finish(new ManualClock(), 3_000).then(() => { done = true })
  return () => done
}

it('several requests in a row of whoever is gone are forgotten, those too whose turn had not come', async () => {
  client.destroy()
  await until(finish(), 'forgotten')
})

it('a stop waits for the last of them, and no longer', async () => {
  const done = finish()
  for (const answer of answers.slice(0, 4)) answer()
  await until(() => received.match(/HTTP/g)?.length === 4, 'four answers')
  expect(done()).toBe(false)
  answers[4]?.()
  await until(done, 'answered')
})
