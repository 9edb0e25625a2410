import { step } from '../../../src/services/connectionMachine.ts'
import { initialMachine } from '../../../src/services/machine.ts'
import type { Effect, Machine, MachineEvent } from '../../../src/services/machine.ts'

/** A machine with a hand on its clock and its chance. */
export class Bench {
  machine: Machine = initialMachine({ online: true, visible: true })
  now = 1_000_000
  random = 0.5
  effects: Effect[] = []

  on(event: MachineEvent): this {
    const { machine, effects } = step(this.machine, event, this.now, this.random)
    this.machine = machine
    this.effects = [...effects]
    return this
  }
  wait(ms: number): this {
    this.now += ms
    return this
  }
  get state() { return this.machine.state }
  get generation() { return this.machine.generation }
  open() { return this.on({ type: 'socket-open', generation: this.generation }) }
  hear() { return this.on({ type: 'socket-message', generation: this.generation }) }
  close(code = 1006) { return this.on({ type: 'socket-close', generation: this.generation, code, reason: '' }) }
  live() { return this.on({ type: 'connect' }).open().hear() }
  get until() { return this.state.status === 'waiting' ? this.state.until - this.now : Number.NaN }
}
