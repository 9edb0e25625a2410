import { ilink } from './ilink.ts'
import type { RptNode } from './rptNode.ts'
import type { RptServer } from './rptServer.ts'

/** Function names and how many arguments each needs (app_rpt.c `function_table`). */
export const FUNCTIONS: ReadonlyMap<string, number> = new Map([
  ['cop', 1],
  ['autopatchup', 0],
  ['autopatchdn', 0],
  ['ilink', 1],
  ['status', 1],
  ['remote', 1],
  ['macro', 2],
  ['playback', 1],
  ['localplay', 1],
  ['meter', 1],
  ['userout', 1],
  ['cmd', 0],
  ['auth', 0],
])

/** DTMF functions of the stock rpt.conf that change something: digits, function, number. The longest prefix wins. */
const DTMF: readonly (readonly [string, number])[] = [
  ['811', 11],
  ['812', 12],
  ['813', 13],
  ['816', 16],
  ['818', 18],
  ['806', 6],
  ['808', 8],
  ['70', 5],
  ['80', 5],
  ['81', 5],
  ['1', 1],
  ['2', 2],
  ['3', 3],
]

/** Commands for the nodes, from `rpt cmd` and from DTMF. */
export class NodeCommands {
  readonly #server: RptServer
  readonly #taken = new Set<RptNode>()

  constructor(server: RptServer) {
    this.#server = server
  }

  /**
   * Puts a command into the node's one slot; the node's loop picks it up with its next frame. While the slot is taken a
   * further command is dropped, and nobody is told (rpt_cli.c `rpt_do_cmd`: `busy`).
   */
  submit(node: RptNode, name: string, args: readonly string[]): void {
    if (this.#taken.has(node)) return
    this.#taken.add(node)
    this.#server.timers.after(this.#server.timing.frameMs, () => {
      this.#taken.delete(node)
      this.#run(node, name.toLowerCase(), args)
    })
  }

  /** Digits as if from the radio: `*3` and a number connects, and so on. Unknown digits do nothing. */
  dtmf(node: RptNode, digits: string): void {
    const body = digits.replace(/^\*/, '')
    const found = DTMF.find(([prefix]) => body.startsWith(prefix))
    if (!digits.startsWith('*') || found === undefined) return
    const target = body.slice(found[0].length)
    this.#server.timers.after(this.#server.timing.frameMs, () => {
      ilink(this.#server, node, found[1], target === '' ? undefined : target)
    })
  }

  #run(node: RptNode, name: string, args: readonly string[]): void {
    const number = Number(args[0])
    if (name === 'ilink') ilink(this.#server, node, number, args[1])
    else if (name === 'cop') node.switches.turn(number)
    else if (name === 'status' || name === 'localplay' || name === 'playback') {
      node.speak(this.#server.timing.connectTelemetryMs, 0)
    }
  }
}
