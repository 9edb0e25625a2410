/**
 * Loaded into the gateway's process before it (`node --import`): its clock is ahead by as many ms as the file says that CLOCK_SHIFT_FILE
 * names, read at start and at each SIGUSR2. Timers go by another clock, as they do when a machine's time is set.
 */
import { readFileSync } from 'node:fs'

const real = Date.now
let shift = 0
const read = () => { shift = Number(readFileSync(process.env.CLOCK_SHIFT_FILE, 'utf8')) }
read()
process.on('SIGUSR2', read)
Date.now = () => real() + shift
globalThis.Date = new Proxy(Date, {
  construct: (target, args, asked) => Reflect.construct(target, args.length === 0 ? [target.now()] : args, asked),
})
