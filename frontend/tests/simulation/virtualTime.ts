/**
 * The simulation's time: a heap of what is to happen. Nothing real passes. Three lanes, because a browser can stand still
 * while the world goes on: `world` always runs; `page` (what arrives at the page) and `timer` (the page's own timers) are
 * parked while the page is frozen or the machine sleeps, and all come at once when it wakes.
 */
export type Lane = 'world' | 'page' | 'timer'

export interface Task {
  readonly lane: Lane
  readonly run: () => void
  readonly order: number
  /** When it was to run, however the page's timers are throttled meanwhile. */
  due: number
  at: number
  live: boolean
}

/** Taken before a run replaces the globals. One turn of the real loop runs all promises that are ready, however deep. */
const realImmediate = globalThis.setImmediate
const turn = () =>
  new Promise<void>((resolve) => {
    realImmediate(resolve)
  })

export class VirtualTime {
  now = 1_800_000_000_000
  /** Something that hangs on promises has happened: they are run before the next task. */
  dirty = false
  /** Tasks that ran. */
  steps = 0
  /** Timers of the page that have neither fired nor been cleared. */
  readonly timers = new Set<Task>()
  readonly #heap: Task[] = []
  readonly #onThrow: (error: unknown) => void
  #parked: Task[] = []
  #throttleMs = 0
  #standing = false
  #standingSince = 0
  #orders = 0

  constructor(onThrow: (error: unknown) => void) {
    this.#onThrow = onThrow
  }

  get standing(): boolean {
    return this.#standing
  }

  /** Timers of a hidden page fire on whole multiples of this, ms; 0 = when they are due. */
  get throttleMs(): number {
    return this.#throttleMs
  }

  set throttleMs(ms: number) {
    const looser = ms < this.#throttleMs
    this.#throttleMs = ms
    if (!looser) return
    const held = [...this.timers].filter((task) => task.at > task.due && !this.#parked.includes(task))
    if (held.length === 0) return
    const moved = new Set(held)
    this.#drop((task) => moved.has(task))
    for (const task of held) {
      task.at = Math.max(this.now, task.due)
      this.#push(task)
    }
  }

  schedule(lane: Lane, ms: number, run: () => void): Task {
    const at = this.now + Math.max(0, ms)
    const task: Task = { lane, run, due: at, at, order: ++this.#orders, live: true }
    if (lane === 'timer') this.timers.add(task)
    this.#push(task)
    return task
  }

  cancel(task: unknown): void {
    if (typeof task !== 'object' || task === null) return
    const held = task as Task
    held.live = false
    this.timers.delete(held)
  }

  /** The page stands still: neither its timers nor what arrives for it is run. */
  stand(): void {
    this.#standing = true
    this.#standingSince = this.now
  }

  /**
   * It goes on.
   * @param timersFirst browsers do not say whether overdue timers or overdue news come first
   * @returns how long it stood, ms
   * @param slip timers did not count the time of standing (a suspended machine, by the clocks of Linux and macOS)
   */
  goOn(timersFirst: boolean, slip: boolean): number {
    const stood = this.now - this.#standingSince
    this.#standing = false
    // What arrives in the moment of waking stands behind what arrived before.
    const arriving = (task: Task) => task.lane === 'page' && task.at <= this.now + 1
    const parked = [...this.#parked, ...this.#heap.filter(arriving).sort((a, b) => (isBefore(a, b) ? -1 : 1))]
    this.#drop(arriving)
    this.#parked = []
    const timers = slip ? [...this.timers] : []
    if (slip) this.#drop((task) => task.lane === 'timer')
    for (const task of timers) {
      task.due = task.at = Math.max(task.at + stood, this.now)
      this.#push(task)
    }
    for (const task of parked) {
      if (slip && task.lane === 'timer') continue
      task.due = task.at = this.now + ((task.lane === 'timer') === timersFirst ? 0 : 1)
      this.#push(task)
    }
    return stood
  }

  #drop(unwanted: (task: Task) => boolean): void {
    const kept = this.#heap.filter((task) => !unwanted(task))
    this.#heap.length = 0
    for (const task of kept) this.#push(task)
  }

  /** Runs everything that is due up to `until`. */
  async runUntil(until: number): Promise<void> {
    for (;;) {
      if (this.dirty) {
        this.dirty = false
        await turn()
        continue
      }
      const task = this.#heap[0]
      if (task === undefined || task.at > until) break
      this.#pop()
      if (!task.live) continue
      if (this.#standing && task.lane !== 'world') {
        this.#parked.push(task)
        continue
      }
      this.now = Math.max(this.now, task.at)
      if (task.lane === 'timer') {
        if (this.#throttleMs > 0 && this.now % this.#throttleMs !== 0) {
          task.at = Math.ceil(this.now / this.#throttleMs) * this.#throttleMs
          this.#push(task)
          continue
        }
        this.timers.delete(task)
        this.dirty = true
      }
      task.live = false
      this.steps += 1
      try {
        task.run()
      } catch (error) {
        this.#onThrow(error)
      }
    }
    this.now = until
  }

  #push(task: Task): void {
    const heap = this.#heap
    let i = heap.push(task) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = heap[parent] as Task
      if (!isBefore(task, above)) break
      heap[i] = above
      i = parent
    }
    heap[i] = task
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Task
    if (heap.length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Task, heap[child] as Task)) child += 1
      const below = heap[child] as Task
      if (!isBefore(below, last)) break
      heap[i] = below
      i = child
    }
    heap[i] = last
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
