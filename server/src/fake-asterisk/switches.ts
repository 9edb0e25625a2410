/** A node's state switches, as the `cop` functions turn them (rpt_functions.c `function_cop`). */
export class Switches {
  parrot = false
  systemOff = false
  timeoutOff = false
  linkingOff = false
  patchOff = false
  schedulerOff = false
  userFunctionsOff = false
  alternateTail = false
  incomingOff = false
  /** As XStat tells it: 0 = off, 1 = on, 2 = on for a while after each command. */
  telemetry: 0 | 1 | 2 = 1

  /** `cop` function `n`. */
  turn(n: number): void {
    switch (n) {
      case 2:
      case 3:
        this.systemOff = n === 3
        break
      case 7:
      case 8:
        this.timeoutOff = n === 8
        break
      case 9:
      case 10:
        this.patchOff = n === 10
        break
      case 11:
      case 12:
        this.linkingOff = n === 12
        break
      case 15:
      case 16:
        this.schedulerOff = n === 16
        break
      case 17:
      case 18:
        this.userFunctionsOff = n === 18
        break
      case 19:
      case 20:
        this.alternateTail = n === 19
        break
      case 21:
      case 22:
        this.parrot = n === 21
        break
      case 33:
      case 34:
        this.telemetry = n === 33 ? 1 : 0
        break
      case 35:
        this.telemetry = 2
        break
      case 49:
      case 50:
        this.incomingOff = n === 49
        break
      default:
    }
  }
}
