import { expect, it } from 'vitest'
import { Secret } from '../src/config/secret.ts'
import { createLog, lostLines } from '../src/log.ts'

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

it('tells of lost lines whatever it is kept to, and nothing where it is to be silent', () => {
  const told = (['trace', 'warn', 'error', 'fatal', 'silent'] as const).map((level) => {
    const written: string[] = []
    const tell = lostLines(createLog(level, { write: (line: string) => { written.push(line) } }))
    tell(1)
    tell(12)
    return written.map((line) => JSON.parse(line) as { level: number; lines: number; msg: string }).map(({ level, lines, msg }) => [level, lines, msg.split(' lost')[0]])
  })
  const both = (level: number) => [[level, 1, '1 line of this log was'], [level, 12, '12 lines of this log were']]
  expect(told).toEqual([both(40), both(40), both(50), both(60), []])
})
