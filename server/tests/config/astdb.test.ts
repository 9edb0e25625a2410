import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AstDb } from '../../src/config/astdb.ts'
import { ManualClock } from '../support/manualClock.ts'

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/config/${name}`, import.meta.url))

async function loaded(...files: string[]): Promise<AstDb> {
  const db = new AstDb({ files })
  await db.refresh()
  return db
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astdb-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Writes a node list with a time stamp of its own, so that tests need not wait for the file system's clock. */
let stamp = 1_700_000_000
async function list(content: string | Uint8Array, name = 'astdb.txt'): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  stamp += 10
  await utimes(path, stamp, stamp)
  return path
}

describe('lookup', () => {
  it('knows the nodes of the public list, private ones first', async () => {
    const db = await loaded(fixture('privatenodes.sample.txt'), fixture('astdb.sample.txt'))
    expect(db.lookup('2000')).toEqual({
      callsign: 'WB6NIL',
      description: 'ASL Public Hub',
      location: 'Los Angeles, CA',
    })
    expect(db.lookup('1998')).toEqual({ callsign: 'N0CALL', description: 'Bench radio', location: 'Example Town, XX' })
    expect(db.lookup('77777777')).toBeNull()
    expect(db.size).toBe(2_002)
  })

  it('tells of each file how many it holds and how old that is', async () => {
    const old = await list('2000|A|b|c\n2001|A|b|c\n')
    const missing = join(folder, 'privatenodes.txt')
    const db = await loaded(missing, old)
    expect(db.lists).toEqual([
      { file: 'privatenodes.txt', entries: 0, writtenAt: null },
      { file: 'astdb.txt', entries: 2, writtenAt: stamp * 1000 },
    ])
    const before = stamp * 1000
    await list('2000|A|b|c\n2001|A|b|c\n2002|A|b|c\n')
    await db.refresh()
    expect(db.lists[1]).toEqual({ file: 'astdb.txt', entries: 3, writtenAt: before + 10_000 })
  })

  it('lets the first file and the first line win', async () => {
    const first = await list('2000|MINE|private|here', 'privatenodes.txt')
    const db = await loaded(first, await list('2000|THEIRS|a|b\n2001|FIRST|a|b\n2001|SECOND|a|b\n'))
    expect([db.lookup('2000')?.callsign, db.lookup('2001')?.callsign]).toEqual(['MINE', 'FIRST'])
  })

  it('trims, keeps a bar in the last field, and takes empty fields for null', async () => {
    const db = await loaded(
      await list(
        '\uFEFF; a comment | with bars\r\n\r\n 2001 | W1AW |  Hub | Town | East \r\n2002|W1AW||\r\n2003|\r\nnobars\r\n|x|y|z\r\n;4|a|b|c',
      ),
    )
    expect(db.lookup('2001')).toEqual({ callsign: 'W1AW', description: 'Hub', location: 'Town | East' })
    expect(db.lookup('2002')).toEqual({ callsign: 'W1AW', description: null, location: null })
    expect(db.lookup('2003')).toEqual({ callsign: null, description: null, location: null })
    expect([db.lookup('nobars'), db.lookup(''), db.lookup(';4'), db.lookup('__proto__')]).toEqual([
      null,
      null,
      null,
      null,
    ])
    expect(db.size).toBe(3)
  })

  it('reads UTF-8 and, line by line, what is not', async () => {
    const bytes = Buffer.concat([Buffer.from('1|ÖE1|Zürich|東京\n'), Buffer.from('2|a|Caf\u00e9|b\n', 'latin1')])
    const db = await loaded(await list(bytes))
    expect(db.lookup('1')).toEqual({ callsign: 'ÖE1', description: 'Zürich', location: '東京' })
    expect(db.lookup('2')?.description).toBe('Café')
  })

  it('keeps a broken line from growing every frame', async () => {
    const db = await loaded(await list(`1|a|${'x'.repeat(100_000)}|b`))
    expect(db.lookup('1')?.description).toHaveLength(200)
  })

  it('gives plain text: no control characters and none that turn its direction', async () => {
    const db = await loaded(await list('1|W5GLE\u001b[31m|a\rb\u202Ec\u0000|<img src=x onerror=alert(1)>'))
    expect(db.lookup('1')).toEqual({ callsign: 'W5GLE [31m', description: 'a b c', location: '<img src=x onerror=alert(1)>' })
  })

  it('has built-in lines that count last', async () => {
    const db = new AstDb({ files: [await list('1|FILE||')], builtIn: '1|DEMO||\n2|DEMO||' })
    expect([db.lookup('1')?.callsign, db.lookup('2')?.callsign]).toEqual(['DEMO', 'DEMO'])
    await db.refresh()
    expect([db.lookup('1')?.callsign, db.lookup('2')?.callsign]).toEqual(['FILE', 'DEMO'])
  })
})

describe('search', () => {
  it('finds what stands in a line, those whose number begins with it first', async () => {
    const db = await loaded(await list('2000|WB6NIL|ASL Public Hub|Los Angeles, CA\n2720|W5GLE|Node 2000|Houston, TX\n2000|A|hub twice|c\n'))
    expect(db.search('2000', 10)).toEqual(['2000', '2720'])
    expect([db.search('HOUSTON', 10), db.search('wb6nil', 10), db.search('twice', 10)]).toEqual([['2720'], ['2000'], []])
    expect(db.search('2', 1)).toEqual(['2000'])
  })

  it('goes on after a letter that grows in lower case, and finds that', async () => {
    const db = await loaded(await list('2000|WB6NIL|Hub|Los Angeles, CA\n2001|TA1XYZ|Role|İstanbul, İzmir\n2002|W5GLE|Hub|Houston, TX\n'))
    expect([db.search('hub', 10), db.search('w5gle', 10)]).toEqual([['2000', '2002'], ['2002']])
    for (const text of ['İSTANBUL', 'istanbul', 'İzmir']) expect(db.search(text, 10), text).toEqual(['2001'])
  })

  it('holds for every letter that the place of what follows stays', async () => {
    const letters = Array.from({ length: 0x11_0000 }, (_, i) => i).filter((code) => code < 0xd800 || code > 0xdfff).map((code) => String.fromCodePoint(code))
    const text = letters.filter((letter) => !/[|\s]/.test(letter)).join('')
    const db = await loaded(await list(`2000|${text}||\n2001|W5GLE||\n`))
    expect(db.search('w5gle', 10)).toEqual(['2001'])
  })
})

describe('reload', () => {
  it('takes over a changed file, and only a changed one', async () => {
    const onChange = vi.fn()
    const path = await list('1|OLD||')
    const db = new AstDb({ files: [path] })
    const off = db.onChange(onChange)
    expect(await db.refresh()).toBe(true)
    expect(await db.refresh()).toBe(false)
    await list('1|NEW||')
    expect(await db.refresh()).toBe(true)
    expect(db.lookup('1')?.callsign).toBe('NEW')
    expect(onChange).toHaveBeenCalledTimes(2)
    off()
    await list('1|NEWEST||')
    await db.refresh()
    expect(onChange).toHaveBeenCalledTimes(2)
  })

  it('reads once when many ask at the same time', async () => {
    const onChange = vi.fn()
    const db = new AstDb({ files: [await list('1|A||')] })
    db.onChange(onChange)
    expect(await Promise.all([db.refresh(), db.refresh(), db.refresh()])).toEqual([true, true, true])
    expect(onChange).toHaveBeenCalledTimes(1)
  })
})

describe('watching', () => {
  let clock: ManualClock
  beforeEach(() => { clock = new ManualClock() })
  /** One look more, and until it has been taken. */
  async function look(): Promise<void> {
    clock.advance(clock.nextIn)
    await vi.waitFor(() => { expect(clock.pending).toBe(1) }, { interval: 2 })
  }

  it('notices within 60 s, though nobody asks for anything', async () => {
    const db = await loaded(await list('1|OLD||'), await list('2|OLD||', 'privatenodes.txt'))
    const told = vi.fn()
    db.onChange(told)
    const stop = db.watch(clock)
    await list('1|NEW||')
    const from = clock.now()
    while (told.mock.calls.length === 0) await look()
    expect(clock.now() - from).toBeLessThanOrEqual(60_000)
    expect(db.lookup('1')?.callsign).toBe('NEW')
    await list('2|NEW||', 'privatenodes.txt')
    while (told.mock.calls.length === 1) await look()
    expect(db.lookup('2')?.callsign).toBe('NEW')
    stop()
    expect(clock.pending).toBe(0)
  })

  it('does not read a list that is still being written', async () => {
    const db = await loaded(await list('1|OLD||\n2|OLD||'))
    const stop = db.watch(clock)
    for (const part of ['', '1|NEW||\n', '1|NEW||\n2|N']) {
      await list(part)
      await look()
      expect(db.lookup('2')?.callsign).toBe('OLD')
    }
    await list('1|NEW||\n2|NEW||')
    await look()
    await look()
    expect([db.lookup('1')?.callsign, db.lookup('2')?.callsign]).toEqual(['NEW', 'NEW'])
    stop()
  })

  it('can be stopped while a look is under way', async () => {
    const db = await loaded(await list('1|A||'))
    const stop = db.watch(clock)
    clock.advance(clock.nextIn)
    stop()
    await db.refresh()
    await new Promise((resolve) => { setImmediate(resolve) })
    expect(clock.pending).toBe(0)
  })
})

describe('a file that is not there', () => {
  it('is empty with one warning, and is picked up when it comes', async () => {
    const warn = vi.fn()
    const db = new AstDb({ files: [join(folder, 'astdb.txt')], warn })
    expect(await db.refresh()).toBe(false)
    await db.refresh()
    expect(db.lookup('1')).toBeNull()
    expect(warn.mock.calls).toEqual([
      [`${join(folder, 'astdb.txt')}: the node list is missing; nodes show without names until it is there`],
    ])
    await list('1|A||')
    expect(await db.refresh()).toBe(true)
    expect(db.lookup('1')?.callsign).toBe('A')
  })

  it('keeps the names when it goes away, and warns again', async () => {
    const warn = vi.fn()
    const path = await list('1|A||')
    const db = new AstDb({ files: [path], warn })
    await db.refresh()
    await rename(path, `${path}.old`)
    expect(await db.refresh()).toBe(false)
    expect(db.lookup('1')?.callsign).toBe('A')
    expect(warn.mock.calls[0]?.[0]).toMatch(/the node list is missing; the names read before stay in use$/)
    await rename(`${path}.old`, path)
    expect(await db.refresh()).toBe(false)
    await rename(path, `${path}.old`)
    await db.refresh()
    expect(warn).toHaveBeenCalledTimes(2)
  })

  it('may be a folder without harm', async () => {
    const warn = vi.fn()
    const db = new AstDb({ files: [folder], warn })
    await db.refresh()
    expect(db.lookup('1')).toBeNull()
    expect(warn).toHaveBeenCalledTimes(1)
  })
})
