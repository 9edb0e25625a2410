/** docs/evidence.md and its plots, out of what was measured. Pure: the same data give the same bytes. */
import type { Result } from '../../frontend/tests/browsers/result.ts'
import { FAULTS } from '../../server/tests/soak/schedule.ts'
import { WAYS } from '../gateway.ts'
import type { Figures } from '../gateway.ts'
import { aimsOf, kindsThatCame } from './aims.ts'
import { fleetBody } from './fleet.ts'
import { bars, histogram } from './plots.ts'
import type { Evidence } from './record.ts'
import { scalingOf } from './scaling.ts'
import type { Data, Name } from './sources.ts'
import { number, source, table } from './text.ts'
import type { Cell } from './text.ts'

export type Records = { readonly [N in Name]: Evidence<Data[N]> | null }

export interface Rendered {
  readonly markdown: string
  /** Four figures, as the README quotes them. */
  readonly quoted: string
  /** What docs/scaling.md reckons with, and what it comes to. */
  readonly scaling: string
  /** By file name. */
  readonly plots: Readonly<Record<string, string>>
}

function section<N extends Name>(records: Records, name: N, title: string, body: (data: Data[N]) => readonly string[]): string[] {
  const record = records[name]
  return [`## ${title}`, '', ...(record === null ? ['Not measured yet.'] : [source(record), '', ...body(record.data)]), '']
}

export function render(records: Records): Rendered {
  const all = Object.fromEntries(Object.entries(records).map(([name, record]) => [name, record?.data ?? null])) as Parameters<typeof aimsOf>[0]
  const plots: Record<string, string> = {}
  const plot = (file: string, text: string, what: string) => {
    plots[file] = text
    return `![${what}](evidence/${file})`
  }
  const markdown = [
    '# Evidence',
    '',
    'What was measured, on which machine, of which commit, by which command. This page is made by `npm run evidence` out of',
    '[what the commands wrote](evidence); nobody types a figure. Read differences of 2×, not of 10 %: machines differ, and most are busy.',
    '',
    '## Against what was aimed at',
    '',
    table(['aim', 'measured', ''], aimsOf(all).map(({ aim, measured, met }) => [aim, measured ?? 'not measured', measured === null ? '' : met ? 'met' : '**missed**'])),
    '',
    ...section(records, 'screen', 'From the radio to the screen', (data) => [
      'From the moment the simulated Asterisk writes that somebody keyed, through AMI, gateway, WebSocket and store, to the changed row in Chromium, and to the first frame that can show it.',
      '',
      table(['way', 'key-ups', 'half of them, ms', '99 of 100, ms', 'longest, ms', 'frame: half, ms', 'frame: 99 of 100, ms'],
        data.map(({ way, keyUps, p50Ms, p99Ms, longestMs, frameP50Ms, frameP99Ms }) => [way, keyUps, p50Ms, p99Ms, longestMs, frameP50Ms, frameP99Ms])),
      '',
      ...data.map(({ way, histogram: counts, histogramStepMs }) =>
        plot(`screen-${way}.svg`, histogram(`Key-ups by the time until the row changed: ${way}`, counts, histogramStepMs, way === 'socket' ? 'a' : 'b'), `Histogram of key-ups, ${way}`)),
    ]),
    ...section(records, 'radio', 'Over a real Asterisk', ({ asterisk, keyups, delays }) => [
      `Two of ${asterisk} with app_rpt, linked over IAX2; the radio is a UDP socket (chan_usrp). ${number(keyups)} key-ups and releases, from the first frame that the radio sends, or the time when it stops. What lies before the event on AMI is Asterisk's own time: chan_usrp takes an over for ended when no audio has come for some 80 ms.`,
      '',
      table(['change', 'until', 'half of them, ms', '99 of 100, ms', 'longest, ms', 'never came'], delays.map((each) => [each.change, each.to, each.p50Ms, each.p99Ms, each.mostMs, each.missed])),
    ]),
    ...section(records, 'gateway', 'What the gateway costs', (data) => gatewayBody(data, plot)),
    ...section(records, 'page', 'What the page costs', (data) => [
      '20 updates a second, in Chromium slowed down to a quarter: milliseconds and kilobytes of JavaScript for each update, everything else on the page included.',
      '',
      table(['page', 'script ms', 'layout ms', 'allocated KB', 'tasks of 50 ms', 'longest, ms', 'frames dropped', 'of'],
        data.map((each) => [each.name, each.scriptMsPerUpdate, each.layoutMsPerUpdate, each.kilobytesPerUpdate, each.longTasks, each.longestTaskMs, each.droppedFrames, each.frames + each.droppedFrames])),
    ]),
    ...section(records, 'start', 'How soon a slow phone shows something', (data) => [
      `Chromium at a quarter of its speed, 1.6 Mbit/s, 150 ms there and back, nothing cached, median of ${data.loads} loads: first paint after ${number(data.firstPaint)} ms, the first row of a live node after ${number(data.liveRow)} ms, ${number(Math.round(data.bytes / 1000))} KB.`,
    ]),
    ...section(records, 'browsers', 'In three browsers', ({ results }) => browsersBody(results)),
    ...section(records, 'faults', 'While things fail', faultsBody),
    ...section(records, 'rollout', 'A rollout', ({ clients, stages }) => [
      `${number(clients)} real clients in one process, each a visitor whose page is in use, against the built gateway with a net in progress; stages are changed by the command line.`,
      '',
      table(['command', 'on sockets', 'last one moved after, s', 'most status requests a second', 'requests per client and minute', 'longest without data, s'],
        stages.map((each) => [each.stage, `${number(each.onSockets * 100)} %`, each.movedAfter, each.peakRequests, each.requestsPerMinute, each.longestWithout])),
    ]),
    ...section(records, 'fleet', 'A fleet', fleetBody),
    ...section(records, 'sign-in', 'What the time of a sign-in tells', (data) => [
      `CPU time of one attempt against bcrypt hashes of cost 10, ${data.attempts} of each in turn: right password ${number(data.rightMs)} ms, wrong one ${number(data.wrongMs)} ms, a name without an account ${number(data.unknownMs)} ms. In ${number(data.unknownLonger * 100)} % of pairs the unknown name took longer than the wrong password; 50 % tells nothing.`,
    ]),
  ]
  return { markdown: `${markdown.join('\n').trimEnd()}\n`, quoted: quote(all), scaling: scalingOf(records.fleet), plots }
}

function quote({ screen, gateway, faults }: Parameters<typeof aimsOf>[0]): string {
  const [socket, polling] = (['socket', 'polling'] as const).map((way) => screen?.find((each) => each.way === way)?.p50Ms ?? null)
  const [net, quiet] = ['B', 'E'].map((letter) => gateway?.cases.find(({ name }) => name.startsWith(letter))?.ways)
  const outcomes = faults?.seeds.flatMap(({ report }) => report?.outcomes ?? []) ?? []
  const said = (value: number | null | undefined) => (value == null ? '?' : number(value))
  const rightMs = outcomes.length === 0 ? null : Math.max(...outcomes.flatMap(({ socketsMs, pollingMs }) => [socketsMs, pollingMs]))
  return [
    `Half of all key-ups are in their row within ${said(socket)} ms of Asterisk's word for them; polling takes ${said(polling)}. A viewer of a net costs ${said(net?.sockets.kilobytesPerViewerMinute)} KB`,
    `a minute in place of ${said(net?.polling.kilobytesPerViewerMinute)}, and 2,000 viewers of a quiet node ${said(quiet?.sockets.cpuSecondsPerMinute)} s of CPU a minute. While ${said(kindsThatCame(faults)?.length)} of ${FAULTS.length} kinds of fault came within ${said(faults?.minutes)} minutes, ${said(faults?.viewers)} pages`,
    `were right again ${said(rightMs === null ? null : rightMs / 1000)} s after one at the latest, over sockets or polling. [All figures](docs/evidence.md), what was aimed at and missed among them.`,
  ].join('\n')
}

const COLUMNS: readonly (readonly [keyof Figures, string])[] = [
  ['viewers', 'viewers'], ['seconds', 'measured for, s'], ['changes', 'key-ups and releases'], ['p50Ms', 'until the viewer had them: half, ms'], ['p99Ms', '99 of 100, ms'], ['missed', 'never shown'],
  ['messagesPerViewerMinute', 'messages'], ['kilobytesPerViewerMinute', 'KB'], ['cpuSecondsPerMinute', 'CPU s a minute'],
  ['floorCpuSecondsPerMinute', 'of which a bare server'], ['kibPerViewer', 'KiB each'], ['kibAtRest', 'KiB each, at rest'], ['amiActionsPerMinute', 'AMI actions a minute'],
]

function roundsSaid(rounds: number | undefined): string {
  if (rounds === undefined) return 'how many rounds each figure is of was not noted'
  return rounds === 1 ? 'one round, so that each figure was measured once' : `each figure is the median of ${rounds} rounds, and key-ups and releases are those of all`
}

function gatewayBody({ rounds, warmUpSeconds, cases, floorKibPerSocket }: Data['gateway'], plot: (file: string, text: string, what: string) => string): string[] {
  const both = (of: keyof Figures) => cases.flatMap(({ name, ways }) => (['sockets', 'polling'] as const).map((way) => ({
    label: `${name.slice(0, 26)}: ${way}`, value: Math.round(Number(ways[way][of] ?? 0) * 100) / 100, tone: way === 'sockets' ? ('a' as const) : ('b' as const),
  })))
  return [
    `Each case over a node's own sockets, over the common one, and by polling the same data once a second, in one run; ${roundsSaid(rounds)}. Asterisk and viewers are one process, the gateway is another. Messages and KB are per viewer and minute; at most 100 poll. A bare server of the socket library writes the same messages to as many sockets.${warmUpSeconds === undefined ? '' : ` Each server ran for ${warmUpSeconds} s before it was measured.`}`,
    '',
    table(['case', 'way', ...COLUMNS.map(([, title]) => title)],
      cases.flatMap(({ name, ways }) => WAYS.map((way) => [way === 'sockets' ? name : '', way, ...COLUMNS.map(([of]) => (ways[way][of] === undefined ? 'not noted' : ways[way][of]))]))),
    '',
    `How many times more polling costs than a socket, for one viewer: ${cases.map(({ name, ratios }) => `${name.charAt(0)} ${number(ratios.cpu)} × CPU${ratios.bytes === null ? '' : `, ${number(ratios.bytes)} × bytes`}`).join('; ')}. ${
      floorKibPerSocket === null ? '' : `A bare server of the socket library takes ${number(floorKibPerSocket)} KiB for each of 2,000 sockets.`}`,
    '',
    plot('bytes.svg', bars('KB per viewer and minute', 'KB', both('kilobytesPerViewerMinute')), 'Bars: KB per viewer and minute, sockets and polling'),
    plot('cpu.svg', bars('CPU seconds of the gateway a minute', 's', both('cpuSecondsPerMinute')), 'Bars: CPU seconds of the gateway a minute, sockets and polling'),
  ]
}

function faultsBody({ minutes, viewers, seeds }: Data['faults']): string[] {
  const outcomes = seeds.flatMap(({ report }) => report?.outcomes ?? [])
  const longest = (name: string, of: 'socketsMs' | 'pollingMs') => Math.max(...outcomes.filter(({ faults }) => faults.some((each) => each === name)).map((each) => each[of])) / 1000
  const names = [...new Set(outcomes.flatMap(({ faults }) => faults))].sort()
  const grown = (before: number, after: number) => `${number(before)} → ${number(after)}`
  return [
    `${minutes} minutes of faults, ${viewers} pages that compare what they show with the simulated Asterisk's own state; [what must hold](faults.md). Right again = every page shows everything as it is, counted from the end of the last fault.`,
    '',
    table(['seed', 'found', 'acts', 'changes meanwhile', 'gateway, KiB in use after a collection', 'open files', 'sockets'], seeds.map(({ seed, report, found }) => [
      String(seed), found ?? 'nothing', report?.outcomes.length, report?.changes,
      ...(report?.before == null || report.after === null ? [] : [grown(report.before.liveKib, report.after.liveKib), grown(report.before.files, report.after.files), grown(report.before.sockets, report.after.sockets)]),
    ])),
    '',
    table(['fault', 'how often', 'longest until right by sockets, s', 'by polling, s'],
      names.map((name) => [name, outcomes.filter(({ faults }) => faults.includes(name)).length, longest(name, 'socketsMs'), longest(name, 'pollingMs')])),
  ]
}

function browsersBody(results: readonly Result[]): string[] {
  const browsers = [...new Set(results.map(({ browser }) => browser))]
  const scenarios = [...new Map(results.map(({ scenario, claim }) => [scenario, claim]))]
  const of = (scenario: string, browser: string): Cell => {
    const found = results.find((each) => each.scenario === scenario && each.browser === browser)
    if (found === undefined) return ''
    return { held: found.says, failed: `**failed**: ${found.says.slice(0, 200)}`, cannot: `– (${found.says})` }[found.outcome]
  }
  return [
    'Each with the built gateway, the simulated Asterisk and a TCP proxy that fails on demand between page and gateway. What stands in a cell held.',
    '',
    table(['what must hold', ...browsers], scenarios.map(([scenario, claim]) => [`**${scenario}**: ${claim}`, ...browsers.map((browser) => of(scenario, browser))])),
  ]
}
