/** What the doctor says where no web server was told of the gateway. */
import { expect, it } from 'vitest'
import { lookAtRoute } from '../../src/doctor/route.ts'
import type { Patient, Tools } from '../../src/doctor/patient.ts'

it('names the command that tells one, but under a Supermon-NG that has a site of its own', async () => {
  const said = async (options: { dialect: string; base: string }) => {
    const patient = { url: new URL('http://127.0.0.1/'), named: false, web: null, gateway: '127.0.0.1:8105', options } as unknown as Patient
    return (await lookAtRoute(patient, {} as Tools)).map(({ state, sentence }) => `${state}: ${sentence}`)
  }
  const tell = [expect.stringMatching(/^skipped: No web server is set up to lead here: supermon-live web apache or nginx does that/)]
  expect(await said({ dialect: 'plan', base: '' })).toEqual(tell)
  expect(await said({ dialect: 'supermon-ng', base: '/supermon-ng' })).toEqual(tell)
  expect(await said({ dialect: 'supermon-ng', base: '' })).toEqual(['skipped: Supermon-NG has a site of its own, which passes its sockets on by itself: use --url to check it.'])
})
