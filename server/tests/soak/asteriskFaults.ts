/** What goes wrong with an Asterisk, or on the way to it. Each hits one of the two. */
import type { Asterisk } from './asterisk.ts'
import type { Fault, Scene } from './fault.ts'

/** Until somebody ends it, ms. */
const LONG = 3_600_000

/** A fault during which that Asterisk answers nobody. */
function deaf(name: string, lasts: Fault['lasts'], begin: (asterisk: Asterisk) => unknown, end: (asterisk: Asterisk) => unknown): Fault {
  return {
    name,
    area: 'asterisk',
    lasts,
    strike: async ({ stage, rng }) => {
      const asterisk = rng.pick(stage.asterisks)
      asterisk.deafBy.add(name)
      await begin(asterisk)
      return async () => {
        await end(asterisk)
        asterisk.deafBy.delete(name)
      }
    },
  }
}

/** Put up anew with other links, and `nodes` until the end. */
function replaced(name: string, lasts: Fault['lasts'], nodes: (scene: Scene, asterisk: Asterisk) => readonly string[]): Fault {
  return {
    name,
    area: 'asterisk',
    lasts,
    strike: async (scene) => {
      const { stage, rng } = scene
      const asterisk = rng.pick(stage.asterisks)
      const seed = rng.int(1, 1_000_000)
      await asterisk.replace(nodes(scene, asterisk), seed)
      return () => asterisk.replace(asterisk.nodes, seed + 1)
    },
  }
}

export const ASTERISK_FAULTS: readonly Fault[] = [
  deaf('Asterisk killed', [1_000, 20_000], ({ fake }) => fake.outage({ ms: LONG }), ({ fake }) => fake.outage({ ms: 0 })),
  deaf('Asterisk stopped', [1_000, 10_000], ({ fake }) => fake.outage({ ms: LONG, clean: true }), ({ fake }) => fake.outage({ ms: 0 })),
  deaf('Asterisk muted', [1_000, 15_000], ({ fake }) => fake.mute({ ms: LONG }), ({ fake }) => fake.mute({ ms: 0 })),
  deaf('path to Asterisk dead', [1_000, 15_000], ({ proxy }) => { proxy.mute(true) }, ({ proxy }) => { proxy.mute(false) }),
  deaf('path to Asterisk refused', [500, 10_000], ({ proxy }) => proxy.refuse(), ({ proxy }) => proxy.listen()),
  {
    ...deaf(
      'login refused',
      [1_000, 8_000],
      ({ fake, proxy }) => {
        fake.setKnobs({ faults: [{ kind: 'refuse', action: 'Login', message: 'Authentication failed' }] })
        proxy.cut()
      },
      ({ fake }) => { fake.setKnobs({ faults: [] }) },
    ),
    // Each try leaves a line in Asterisk's log and may be counted by a guard: after one refusal 10 to 20 s.
    boundMs: 25_000,
  },
  replaced('Asterisk with other links', [500, 3_000], (_scene, { nodes }) => nodes),
  replaced('Asterisk without a node', [6_000, 15_000], ({ rng }, { nodes }) => {
    const gone = rng.pick(nodes)
    // Renumbered: what is here now, the gateway was never told of.
    return nodes.map((node) => (node === gone ? '2000' : node))
  }),
  {
    name: 'slow Asterisk',
    area: 'asterisk',
    lasts: [3_000, 12_000],
    // A poll is two questions.
    blindMs: 5_000,
    strike: ({ stage, rng }) => {
      const { fake } = rng.pick(stage.asterisks)
      fake.setKnobs({ replyDelayMs: rng.int(300, 900) })
      return Promise.resolve(() => {
        fake.setKnobs({ replyDelayMs: 0 })
        return Promise.resolve()
      })
    },
  },
]
