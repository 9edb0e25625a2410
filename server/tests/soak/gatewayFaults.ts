/** What goes wrong with the gateway's process, and between it and its viewers. */
import type { Fault } from './fault.ts'
import type { Stage } from './stage.ts'

/**
 * A viewer whose path died without a word notices by silence: 26 s after the last word it asks, and 2.2 s later it knows, ms
 * (`machine.ts`: 1.25 beats and a second, then a probe).
 */
const SILENCE_MS = 28_200

/** Whoever signed in has to do so again: a try, its refusal, and another one. */
const SIGNED_OUT_MS = 25_000

function ended(name: string, signal: NodeJS.Signals, lasts: Fault['lasts']): Fault {
  return {
    name,
    area: 'gateway',
    lasts,
    boundMs: SIGNED_OUT_MS,
    endsProcess: true,
    strike: async ({ stage }) => {
      await stage.gateway.stop(signal)
      return () => stage.gateway.start()
    },
  }
}

function onPath(name: string, lasts: Fault['lasts'], begin: (door: Stage['door']) => unknown, end: (door: Stage['door']) => unknown, rest: Partial<Fault> = {}): Fault {
  return {
    name,
    area: 'path',
    lasts,
    ...rest,
    strike: async ({ stage }) => {
      await begin(stage.door)
      return async () => { await end(stage.door) }
    },
  }
}

export const GATEWAY_FAULTS: readonly Fault[] = [
  ended('gateway killed', 'SIGKILL', [100, 15_000]),
  ended('gateway stopped', 'SIGTERM', [100, 8_000]),
  ended('gateway restarted', 'SIGTERM', [1, 1]),
  {
    name: 'gateway frozen',
    area: 'gateway',
    lasts: [3_000, 15_000],
    blindMs: SILENCE_MS,
    strike: ({ stage }) => {
      stage.signal('SIGSTOP')
      return Promise.resolve(() => {
        stage.signal('SIGCONT')
        return Promise.resolve()
      })
    },
  },
  onPath('path to viewers cut', [1, 3_000], (door) => { door.cut() }, (door) => { door.cut() }),
  onPath('path to viewers refused', [500, 20_000], (door) => door.refuse(), (door) => door.listen()),
  onPath('path to viewers dead', [2_000, 15_000], (door) => { door.mute(true) }, (door) => { door.mute(false) }, { blindMs: SILENCE_MS }),
  // Long enough that everybody has to notice.
  onPath('path to viewers dead for long', [46_000, 50_000], (door) => { door.mute(true) }, (door) => { door.mute(false) }, { blindMs: SILENCE_MS, isLong: true }),
  onPath('path to viewers dead, then reset', [2_000, 15_000], (door) => { door.mute(true) }, (door) => { door.cut(); door.mute(false) }, { blindMs: SILENCE_MS }),
  onPath('path to viewers slow', [3_000, 15_000], (door) => { door.delayMs = 500 }, (door) => { door.delayMs = 0 }, { blindMs: 2_000 }),
  {
    name: "gateway's clock set",
    area: 'clock',
    lasts: [2_000, 10_000],
    strike: async ({ stage, rng }) => {
      await stage.setClock(rng.pick([-3_600_000, -90_000, 90_000, 3_600_000]))
      return () => stage.setClock(0)
    },
  },
  {
    name: "viewers' clocks set",
    area: 'clock',
    lasts: [2_000, 10_000],
    strike: ({ crowd, rng }) => {
      for (const page of crowd.pages) page.clockShift = rng.pick([0, 0, -3_600_000, -90_000, 90_000, 3_600_000])
      return Promise.resolve(() => {
        for (const page of crowd.pages) page.clockShift = 0
        return Promise.resolve()
      })
    },
  },
]
