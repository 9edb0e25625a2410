/** docs/troubleshooting.md sends its readers to lines of the doctor: by the titles that these have. */
import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { read } from './markdown.ts'

/** What titles begin with, as the sources have it. */
const TITLES = readdirSync(new URL('../../src/doctor/', import.meta.url)).flatMap((name) =>
  [...read(`server/src/doctor/${name}`).matchAll(/new Report\([^,()]+, (?:'([^']+)'|`([^`$]+)\$)|title: '([^']+)'/g)].map(([, plain, begun, given]) => (plain ?? begun ?? given ?? '').trim()))
const text = read('docs/troubleshooting.md')

it('names lines that the doctor has', () => {
  expect(TITLES).toEqual(expect.arrayContaining(['Settings', 'Service', 'AMI', 'Node', 'Socket,', 'Sockets', 'TLS', 'Files']))
  const lines = [...text.matchAll(/^\| [^|]+ \| ([^|]*) \| \[below\]/gm)].flatMap(([, cell = '']) => cell.trim().split(/(?<!Socket), /)).filter((line) => line !== '')
  const said = [...text.matchAll(/doctor's ([^.\n]*?) (?:lines? )?(?:say|tell)/g)].flatMap(([, words = '']) => [...words.matchAll(/\*([^*]+)\*/g)].map(([, line = '']) => line))
  expect(lines.length).toBeGreaterThan(10)
  expect(said.length).toBeGreaterThan(3)
  expect([...lines, ...said].filter((line) => !TITLES.includes(line.replace(/^Socket, .*/, 'Socket,')))).toEqual([])
})

it('says which line comes first as the doctor prints it', () => {
  expect(read('server/src/doctor/command.ts')).toContain("wrong: 'FAIL'")
  expect(text).toContain('The first line that begins with `FAIL` is the one to mend')
})
