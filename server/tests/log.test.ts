import { expect, it } from 'vitest'
import { Secret } from '../src/config/secret.ts'
import { createLog } from '../src/log.ts'

function lines(write: (log: ReturnType<typeof createLog>) => void): string[] {
  const written: string[] = []
  write(createLog('info', { write: (line: string) => { written.push(line) } }))
  return written
}

it('masks what bears the name of a secret, three levels deep, and nothing else', () => {
  const [line = ''] = lines((log) => {
    log.info(
      {
        user: 'anarchy', node: '546051', password: 'W0rd', headers: { cookie: 'supermon_live=Abc', host: 'club.example' },
        request: { headers: { authorization: 'Bearer Xyz' } }, digits: 4,
      },
      'said',
    )
  })
  expect(JSON.parse(line)).toMatchObject({
    user: 'anarchy', node: '546051', password: '[secret]', headers: { cookie: '[secret]', host: 'club.example' }, digits: 4,
    request: { headers: { authorization: '[secret]' } }, msg: 'said',
  })
  expect(line).not.toMatch(/W0rd|Abc|Xyz/)
})

it('prints a Secret as a mask under any name, also inside an error', () => {
  const secret = new Secret('hunter2')
  const written = lines((log) => {
    log.warn({ whatever: secret, list: [secret] }, `about ${String(secret)}`)
    log.error({ err: new Error(`failed with ${String(secret)}`) }, 'failed')
  })
  expect(written).toHaveLength(2)
  expect(written.join()).not.toContain('hunter2')
  expect(written.join()).toContain('[secret]')
})
