/** Lines that find no reader, on streams that the test lets write and fail. */
import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { LogOutput } from '../src/logOutput.ts'
import { ManualClock } from './support/manualClock.ts'

type Done = (error?: Error | null) => void

/** A stream that has written a line when the test says so; the names of its errors are those of files. */
function stage(room?: number) {
  const written: string[] = []
  const opened: Writable[] = []
  let done: Done | null = null
  const open = () => {
    const stream = new Writable({
      autoDestroy: false,
      write: (chunk: Buffer, _encoding, callback) => {
        written.push(chunk.toString())
        done = callback
      },
    })
    opened.push(stream.on('error', () => undefined))
    return stream
  }
  const output = new LogOutput({ open, ...(room === undefined ? {} : { room }) })
  const lost: number[] = []
  output.onLost((lines) => { lost.push(lines); output.write(`${lines} lost\n`) })
  /** The line under way is written, or fails. */
  const end = async (error?: Error) => {
    const callback = done
    done = null
    callback?.(error)
    await new Promise(setImmediate)
  }
  const all = async () => { while (done !== null) await end() }
  return { output, written, opened, lost, end, all }
}

it('keeps lines for a reader that stands still, up to its room, and no more', async () => {
  const { output, written, opened, lost, all } = stage(100)
  for (let i = 0; i < 1_000; i += 1) output.write(`${String(i).padStart(9)}\n`)
  expect(written).toHaveLength(1)
  expect(opened[0]?.writableLength).toBe(100)
  await all()
  expect(written.map((line) => line.trim())).toEqual([...Array(10).keys()].map(String).concat('990 lost'))
  expect(lost).toEqual([990])
})

it('says how many lines were lost once there is room, as often as that number changes', async () => {
  const { output, written, lost, all } = stage(20)
  for (let round = 1; round <= 2; round += 1) {
    for (let i = 0; i < 5; i += 1) output.write('123456789\n')
    await all()
    expect(lost).toEqual([3, 6].slice(0, round))
  }
  output.write('and on\n')
  await all()
  expect([lost, written.at(-1)]).toEqual([[3, 6], 'and on\n'])
})

it('goes on after a line that could not be written, on a line of its own', async () => {
  const { output, written, opened, lost, end, all } = stage()
  for (const line of ['one\n', 'two\n', 'three\n']) output.write(line)
  await end(Object.assign(new Error('no room'), { code: 'ENOSPC' }))
  expect(lost).toEqual([])
  output.write('four\n')
  await all()
  expect([written, opened.length]).toEqual([['one\n', '\nfour\n', '3 lost\n'], 2])
})

it('waits for what is not written yet, and no longer than it is told to', async () => {
  const clock = new ManualClock()
  const { output, end } = stage()
  let flushed = 0
  const flush = () => output.flush(clock, 1_000).then(() => { flushed += 1 })
  await flush()
  expect(flushed).toBe(1)
  output.write('one\n')
  void flush()
  await new Promise(setImmediate)
  expect(flushed).toBe(1)
  await end()
  expect([flushed, clock.pending]).toEqual([2, 0])
  output.write('two\n')
  void flush()
  clock.advance(999)
  await new Promise(setImmediate)
  expect(flushed).toBe(2)
  clock.advance(1)
  await new Promise(setImmediate)
  expect(flushed).toBe(3)
})
