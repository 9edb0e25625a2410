/** What was aimed at, and whether it is met: nobody types the verdict. */
import { FAULTS } from '../../server/tests/soak/schedule.ts'
import type { Figures, Way } from '../gateway.ts'
import { OWN_VIEWER } from '../radio.ts'
import type { Data } from './sources.ts'

export interface Aim {
  readonly aim: string
  /** null = not measured. */
  readonly measured: string | null
  readonly met: boolean
}

type All = { readonly [N in keyof Data]: Data[N] | null }

function most(aim: string, unit: string, limit: number, value: number | null | undefined): Aim {
  return { aim: `${aim}: at most ${limit} ${unit}`.trimEnd(), measured: value == null ? null : `${value} ${unit}`.trimEnd(), met: value != null && value <= limit }
}

function every(aim: string, of: number, value: number | undefined): Aim {
  return { aim: `${aim}: all ${of}`, measured: value === undefined ? null : String(value), met: value === of }
}

/** Their names; null = not measured. A kind that is gone meanwhile does not count. */
export function kindsThatCame(faults: Data['faults'] | null): readonly string[] | null {
  if (faults === null) return null
  const came = new Set(faults.seeds.flatMap(({ report }) => report?.outcomes ?? []).flatMap((outcome) => outcome.faults))
  return FAULTS.map(({ name }) => name).filter((name) => came.has(name))
}

export function aimsOf({ gateway, radio, screen, browsers, faults }: All): Aim[] {
  const figures = (letter: string, way: Way = 'sockets'): Figures | undefined => gateway?.cases.find(({ name }) => name.startsWith(letter))?.ways[way]
  const socket = screen?.find(({ way }) => way === 'socket')
  return [
    ...['A', 'B', 'H'].flatMap((letter) => [
      most(`${letter}: key-up or release in Asterisk to the viewer's message, half of them`, 'ms', 8, figures(letter)?.p50Ms),
      most(`${letter}: the same, 99 of 100`, 'ms', 30, figures(letter)?.p99Ms),
    ]),
    most('Key-up in Asterisk to the changed row in Chromium, half of them', 'ms', 20, socket?.p50Ms),
    most('From the radio\'s key-up, through a real Asterisk, to the viewer\'s message, half of them', 'ms', 20, radio?.delays.find(({ to, change }) => to === OWN_VIEWER && change === 'key-up')?.p50Ms),
    most('B: KB per viewer and minute', 'KB', 8, figures('B')?.kilobytesPerViewerMinute),
    most('B: CPU of the gateway a minute', 's', 0.3, figures('B')?.cpuSecondsPerMinute),
    most('C: KB per viewer and minute while a hub is quiet', 'KB', 1, figures('C')?.kilobytesPerViewerMinute),
    most('D: AMI actions a minute for 50 nodes', 'actions', 1_200, figures('D')?.amiActionsPerMinute),
    most('D: AMI sessions', 'sessions', 1, figures('D')?.amiSessions),
    most('E: CPU of the gateway a minute, 2,000 quiet viewers', 's', 0.5, figures('E')?.cpuSecondsPerMinute),
    most('E: memory for each of 2,000 viewers beyond the socket library\'s own', 'KiB', 20, beyond(figures('E')?.kibPerViewer, gateway?.floorKibPerSocket)),
    most('E: memory for all 2,000, at rest', 'MiB', 40, mebibytes(figures('E'))),
    most('K: share of short key-ups that were never shown', '', 0, figures('K')?.missed),
    most('B: first state after opening, of ten who come at once', 'ms', 30, figures('B')?.firstStateMs),
    most('Seeds of faults that found something', '', 0, faults?.seeds.filter(({ found }) => found !== null).length),
    every('Kinds of fault that came', FAULTS.length, kindsThatCame(faults)?.length),
    most('Scenarios that did not hold in some browser', '', 0, browsers?.results.filter(({ outcome }) => outcome === 'failed').length),
  ]
}

function beyond(each: number | null | undefined, floor: number | null | undefined): number | null {
  return each == null || floor == null ? null : Math.round((each - floor) * 10) / 10
}

function mebibytes(figures: Figures | undefined): number | null {
  return figures?.kibAtRest == null ? null : Math.round((figures.kibAtRest * figures.viewers) / 102.4) / 10
}
