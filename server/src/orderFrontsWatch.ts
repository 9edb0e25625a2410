/** The fronts of `--mqtt-orders`, of a running gateway: read again when the file changes, or when asked. A broken file changes nothing. */
import { readText } from './access/readText.ts'
import { SaidOnce } from './access/saidOnce.ts'
import { WatchedFile } from './access/watchedFile.ts'
import type { AppLog } from './app.ts'
import { UsageError } from './config/options.ts'
import { parseOrderFronts } from './config/orderFronts.ts'
import type { OrderFronts } from './config/orderFronts.ts'
import type { Clock } from './env/clock.ts'
import { lookEvery } from './env/looks.ts'

/** How often the file is looked at, ms. A change counts at the second look that finds it: what is taken away is gone within 5 s. */
const LOOK_MS = 2_000

export class OrderFrontsWatch {
  readonly #file: WatchedFile<OrderFronts>
  readonly #warnings: SaidOnce

  private constructor(path: string, log: Pick<AppLog, 'warn'>) {
    this.#warnings = new SaidOnce((warning) => { log.warn({}, warning) })
    this.#file = new WatchedFile<OrderFronts>({
      path,
      read: readText,
      parse: parseOrderFronts,
      empty: new Map(),
      // It grants something: whoever takes it away takes the grants away.
      vanished: 'empty',
      missing: { reason: 'there is no such file', whatToDo: 'no orders are taken from the broker: check --mqtt-orders' },
    })
  }

  /** @throws UsageError when the file cannot be read or understood */
  static async open(path: string, log: Pick<AppLog, 'warn'>): Promise<OrderFrontsWatch> {
    const watch = new OrderFrontsWatch(path, log)
    await watch.#file.refresh()
    const [warning] = watch.#file.warnings
    if (warning !== undefined) throw new UsageError(`--mqtt-orders: ${warning}`)
    return watch
  }

  /** As of now. */
  get fronts(): OrderFronts {
    return this.#file.value
  }

  /** Reads the file again if it changed. Never rejects. */
  async refresh(settledOnly = false): Promise<void> {
    await this.#file.refresh(settledOnly)
    this.#warnings.tell(this.#file.warnings)
  }

  /** Looks for changes until what is returned is called. */
  watch(clock: Clock): () => void {
    return lookEvery(clock, LOOK_MS, () => this.refresh(true))
  }
}
