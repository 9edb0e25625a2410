/** Life on the nodes: stations come, go, talk and change their mode, by a seed. Goes on whatever else fails. */
import type { FakeNodeState } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { talkers } from '../../src/fake-asterisk/fakeState.ts'
import { ALLSTAR_STATIONS } from '../../src/fake-asterisk/stations.ts'
import type { Rng } from '../../../frontend/tests/simulation/rng.ts'
import type { Asterisk } from './asterisk.ts'

const PAUSE_MS = { min: 120, max: 600 } as const
/** Links of a node. */
const FEWEST = 3
const MOST = 9
const STATIONS = ALLSTAR_STATIONS.slice(0, 24).map(({ number }) => number)

export class Life {
  readonly #asterisks: readonly Asterisk[]
  readonly #rng: Rng
  readonly #onChange: (anew?: { readonly node: string; readonly link: string }) => void
  #running: Promise<void> | null = null
  #stopped = true
  /** Changes made so far. */
  changes = 0

  /** @param onChange called after each change; `anew` = this link may have been ended and called again in that moment */
  constructor(asterisks: readonly Asterisk[], rng: Rng, onChange: (anew?: { readonly node: string; readonly link: string }) => void) {
    this.#asterisks = asterisks
    this.#rng = rng
    this.#onChange = onChange
  }

  begin(): void {
    if (this.#running !== null) return
    this.#stopped = false
    this.#running = this.#live()
  }

  /** Nobody does anything any more. What was last is final. */
  async hush(): Promise<void> {
    this.#stopped = true
    await this.#running
    this.#running = null
  }

  /** One change on each node that a viewer must see: its receiver and a station. */
  async pulse(): Promise<void> {
    for (const { fake } of this.#asterisks) {
      for (const [node, state] of Object.entries(fake.state().nodes)) {
        await fake.key({ node, on: !state.rx })
        const link = this.#talker(state)
        if (link !== null) await fake.linkKey({ node, link, on: state.links[link]?.keyed !== true })
        this.#done()
      }
    }
  }

  async #live(): Promise<void> {
    while (!this.#stopped) {
      await this.#change()
      await new Promise((resolve) => setTimeout(resolve, this.#rng.int(PAUSE_MS.min, PAUSE_MS.max)))
    }
  }

  async #change(): Promise<void> {
    const { fake } = this.#rng.pick(this.#asterisks)
    const [node, state] = this.#rng.pick(Object.entries(fake.state().nodes))
    const what = this.#rng.next()
    const link = this.#talker(state)
    if (what < 0.5 && link !== null) await fake.linkKey({ node, link, on: state.links[link]?.keyed !== true })
    else if (what < 0.65) await fake.key({ node, on: !state.rx })
    else if (what < 0.75 && link !== null) {
      await fake.connect({ node, link, mode: this.#rng.pick(['transceive', 'monitor'] as const) })
      this.#done({ node, link })
      return
    } else await this.#comeOrGo(fake, node, state)
    this.#done()
  }

  async #comeOrGo(fake: Asterisk['fake'], node: string, { links }: FakeNodeState): Promise<void> {
    const names = Object.keys(links)
    const calling = names.find((name) => links[name]?.state === 'CONNECTING')
    if (calling !== undefined) {
      if (this.#rng.chance(0.5)) await fake.connect({ node, link: calling, mode: 'transceive' })
      else await fake.disconnect({ node, link: calling })
      return
    }
    if (names.length > FEWEST && (names.length >= MOST || this.#rng.chance(0.5))) {
      await fake.disconnect({ node, link: this.#rng.pick(names) })
      return
    }
    const link = this.#rng.pick(STATIONS.filter((name) => name !== node && !names.includes(name)))
    const mode = this.#rng.pick(['transceive', 'transceive', 'monitor', 'connecting'] as const)
    await fake.connect({ node, link, mode, direction: this.#rng.pick(['IN', 'OUT'] as const) })
  }

  /** A link whose key-ups app_rpt announces; null = there is none just now. */
  #talker(node: FakeNodeState): string | null {
    const names = talkers(node)
    return names.length === 0 ? null : this.#rng.pick(names)
  }

  #done(anew?: { readonly node: string; readonly link: string }): void {
    this.changes += 1
    this.#onChange(anew)
  }
}
