import type { Random } from '../env/clock.ts'
import type { RptNode } from './rptNode.ts'

const ALERTS = [
  "<span style='color:red;'><b>[<a href='https://www.weather.gov/alerts' target='_blank'>Heat Advisory</a>]</b></span>",
  'No Alerts',
  'No Alerts',
]
const WEATHER = [
  '72&deg;F, 22&deg;C / Clear',
  '<b>64&deg;F, 18&deg;C</b> / Light Rain',
  '81&deg;F, 27&deg;C / Partly Cloudy',
]

/** The variables that a cron script of Supermon-NG sets with `rpt set variable`, HTML and all. */
export class Telemetry {
  readonly #node: RptNode
  readonly #index: number
  readonly #random: Random
  #celsius: number

  constructor(node: RptNode, index: number, random: Random) {
    this.#node = node
    this.#index = index
    this.#random = random
    this.#celsius = 40 + ((index * 7) % 16)
  }

  /** One degree up or down, and everything is written anew. */
  drift(now: number): void {
    this.#celsius = Math.min(62, Math.max(36, this.#celsius + (this.#random() < 0.5 ? -1 : 1)))
    this.write(now)
  }

  write(now: number): void {
    const hours = Math.floor((now - this.#node.startedAt) / 3_600_000)
    const load = [8, 11, 9].map((n) => ((n + this.#index * 5) / 100).toFixed(2)).join(', ')
    const colour = this.#celsius >= 60 ? 'red' : this.#celsius >= 50 ? 'yellow' : 'lightgreen'
    const { vars } = this.#node
    vars.set('cpu_up', `Up ${Math.floor(hours / 24)} days, ${hours % 24} hours`)
    vars.set('cpu_load', `Load Average: ${load}`)
    vars.set('cpu_temp', `<span style='background-color:${colour};'><b>${this.#celsius} C</b></span>`)
    vars.set('WX', WEATHER[this.#index % WEATHER.length] ?? '')
    vars.set('DISK', `Disk - ${12 + this.#index * 3}% used`)
    vars.set('ALERT', ALERTS[this.#index % ALERTS.length] ?? '')
  }
}
