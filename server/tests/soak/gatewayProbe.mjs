/**
 * Loaded into the gateway's process before it (`node --import`), with a folder named by SOAK_FOLDER.
 *
 * SIGUSR2: its clock is ahead by as many ms as the file `clock` says, which is read at start as well. Timers go by another clock, as they do
 * when a machine's time is set. SIGWINCH: what it does not need is collected, and the KiB that it does are written to the file `memory`.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const file = (name) => join(process.env.SOAK_FOLDER, name)

const real = Date.now
let shift = 0
const readClock = () => { shift = Number(readFileSync(file('clock'), 'utf8')) }
readClock()
process.on('SIGUSR2', readClock)
Date.now = () => real() + shift
globalThis.Date = new Proxy(Date, {
  construct: (target, args, asked) => Reflect.construct(target, args.length === 0 ? [target.now()] : args, asked),
})

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
process.on('SIGWINCH', () => {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  writeFileSync(file('memory.new'), String(Math.round((heapUsed + external) / 1024)))
  renameSync(file('memory.new'), file('memory'))
})
