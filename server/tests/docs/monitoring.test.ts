/** deploy/monitoring: every figure, label and value that its rules and its dashboard name is one that a running gateway tells. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WAYS } from '../../../protocol/rollout.ts'
import type { App } from '../../src/app.ts'
import { DEFAULT_LIMITS } from '../../src/gateway/limits.ts'
import { Figures } from '../../src/rollout/figures.ts'
import { FALLBACK, RECONNECTS } from '../../src/rollout/thresholds.ts'
import { HeldRollout } from '../support/heldRollout.ts'
import { latency, report } from '../support/report.ts'
import { cookieFor, openClub, openSocket } from '../support/club.ts'
import { Fleet } from '../support/fleet.ts'
import { until, Watcher } from '../support/running.ts'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const RULES = read('deploy/monitoring/alerts.yml')
const DASHBOARD = JSON.parse(read('deploy/monitoring/grafana.json')) as Dashboard
const PAGE = read('docs/monitoring.md')

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly datasource?: { readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}
interface Dashboard {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string; readonly query: unknown }[] }
}

/** `name{label="value",…}` of an expression, and the labels it sums by. */
function selectors(expr: string) {
  return [...expr.matchAll(/\b((?:supermon_live|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', inside = '']) => ({
    name,
    matchers: [...inside.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)].map(([, label = '', how = '', value = '']) => ({ label, how, value })),
  }))
}
const grouped = (expr: string) => [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(',').map((name) => name.trim()))
/** Given by Prometheus, not by us. */
const SCRAPED = ['job', 'instance']

/** Expressions of all rules, and of all panels. */
const EXPRESSIONS = [
  ...[...RULES.matchAll(/^ {8}expr: (?:\|\n((?: {10}.*\n)+)|(.*)$)/gm)].map(([, block, line]) => block ?? line ?? ''),
  ...DASHBOARD.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
]

/** Values by label by name, of a gateway in which everything happened once. */
const told = new Map<string, Map<string, Set<string>>>()
const closers: (() => unknown)[] = []
let app: App

beforeAll(async () => {
  const figures = new Figures()
  const club = await openClub(closers, 'read', { rollout: new HeldRollout({ percent: 100 }), figures })
  const { fake } = club
  app = club.app
  const watcher = new Watcher(app, '546051')
  closers.push(() => { watcher.close() })
  await watcher.up()
  await fake.key({ node: '546051', on: true })
  await watcher.until(({ rx }) => rx === true, 'keyed')
  const left = openSocket(app, 'ws/546051')
  await until(() => left.types.includes('snapshot'), 'a second viewer')
  left.socket.close(1000)
  const stranger = openSocket(app, 'ws/546051', { origin: 'https://elsewhere.example' })
  await until(() => left.code !== null && stranger.code !== null, 'one that left and one that was refused')
  const api = (path: string, body: object, headers: Record<string, string> = {}) =>
    fetch(`${app.url}api/v1/${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  const sums = { fallbacks: { 'socket-closed': 1 }, mismatches: [{ field: 'rx', count: 1, example: '' }], latency: latency({ 40: 1 }) }
  expect((await api('rollout/figures', report({ percent: 100, ...sums }))).status).toBe(204)
  const cookie = await cookieFor(app, 'W5GLE')
  const { csrf_token: token } = (await (await fetch(`${app.url}api/v1/csrf-token`, { headers: { cookie } })).json()) as { csrf_token: string }
  expect((await api('nodes/connect', { localnode: '546051', remotenode: '48752' }, { cookie, 'x-csrf-token': token })).status).toBe(200)
  expect((await fetch(`${app.url}api/v1/nodes/ami/status?nodes=546051`)).status).toBe(200)
  const fleet = await Fleet.start()
  closers.push(() => fleet.close())
  for (const gateway of [await fleet.edge('shack', fake), await fleet.front('club')]) take(await (await fetch(`${gateway.url}metrics`)).text())
  // Until garbage was collected once, nothing is told of it.
  for (let text = ''; !text.includes('nodejs_gc_duration_seconds_sum{'); ) {
    text = await (await fetch(`${app.url}metrics`)).text()
    take(text)
  }
})
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

function take(text: string): void {
  for (const [, name = '', inside = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const labels = told.get(name) ?? new Map<string, Set<string>>()
    told.set(name, labels)
    for (const [, label = '', value = ''] of inside.matchAll(/(\w+)="([^"]*)"/g)) labels.set(label, (labels.get(label) ?? new Set()).add(value))
  }
}

describe('the rules and the dashboard', () => {
  it('name figures that a running gateway tells, and labels that these have', () => {
    expect(EXPRESSIONS.length).toBeGreaterThan(40)
    for (const expr of EXPRESSIONS) {
      const known = selectors(expr).flatMap(({ name, matchers }) => {
        const labels = told.get(name)
        expect(labels, `${name} in ${expr}`).toBeDefined()
        for (const { label } of matchers) expect([...SCRAPED, ...(labels?.keys() ?? [])], `${name} in ${expr}`).toContain(label)
        return [...(labels?.keys() ?? [])]
      })
      for (const label of grouped(expr)) expect([...SCRAPED, ...known], expr).toContain(label)
    }
  })

  it('that speak of refused sockets count no page of another site that posts', async () => {
    const rule = /alert: SupermonLiveNobodyServed\n[^]*?expr: \|\n([^]*?)\n {8}for:/.exec(RULES)?.[1] ?? ''
    const [refusals] = selectors(rule).filter(({ name }) => name === 'supermon_live_refusals_total')
    const fits = (labels: string) => refusals?.matchers.every(({ label, how, value }) => {
      const is = new RegExp(`(?:^|,)${label}="([^"]*)"`).exec(labels)?.[1] ?? (label === 'job' ? 'supermon-live' : '')
      return new RegExp(`^(?:${value})$`).test(is) === !how.startsWith('!')
    })
    const counted = async () => {
      const text = await (await fetch(`${app.url}metrics`)).text()
      return [...text.matchAll(/^supermon_live_refusals_total\{(.*)\} (\d+)$/gm)].reduce((sum, [, labels = '', count]) => sum + (fits(labels) === true ? Number(count) : 0), 0)
    }
    const before = await counted()
    const elsewhere = { method: 'POST', headers: { origin: 'https://elsewhere.example', 'content-type': 'application/json' } }
    for (const path of ['auth/login', 'rollout/figures']) expect((await fetch(`${app.url}api/v1/${path}`, { ...elsewhere, body: '{}' })).status).toBe(403)
    expect(await counted()).toBe(before)
    const stranger = openSocket(app, 'ws/546051', { origin: 'https://elsewhere.example' })
    await until(() => stranger.code !== null, 'refused')
    expect(await counted()).toBe(before + 1)
  })

  it('compare labels with values that they may have', () => {
    const limits = [...Object.keys(DEFAULT_LIMITS), 'origin', 'ticket']
    const values: Readonly<Record<string, readonly string[]>> = { limit: limits, way: WAYS, group: ['on', 'off'], code: ['403'], status: ['up', 'down', 'connecting', 'idle'] }
    const compared = EXPRESSIONS.flatMap(selectors).flatMap(({ matchers }) => matchers).filter(({ label }) => !SCRAPED.includes(label))
    expect(compared.length).toBeGreaterThan(8)
    for (const { label, value } of compared) {
      for (const each of value.split('|')) expect((values[label] ?? []).filter((known) => new RegExp(`^${each}$`).test(known)), `${label} ${each}`).not.toEqual([])
    }
    const source = read('server/src/gateway/gateway.ts') + read('server/src/gateway/admission.ts')
    for (const limit of ['origin', 'ticket']) expect(source).toContain(`limit: '${limit}'`)
  })
})

describe('the dashboard', () => {
  it('takes off the event loop what its timer takes itself', () => {
    const seconds = Number(/eventLoopMonitoringPrecision: (\d+)/.exec(read('server/src/http/metrics.ts'))?.[1]) / 1000
    const late = EXPRESSIONS.filter((expr) => expr.includes('eventloop_lag_'))
    expect(late).not.toEqual([])
    for (const expr of late) expect(expr).toContain(` - ${seconds},`)
    expect(read('docs/metrics.md')).toContain(`a timer of ${seconds} s`)
  })

  it('asks whichever Prometheus is chosen, of whichever gateway', () => {
    expect(DASHBOARD.templating.list.map(({ name, type }) => [name, type])).toEqual([['datasource', 'datasource'], ['instance', 'query']])
    for (const { type, datasource, title } of DASHBOARD.panels) if (type !== 'row') expect(datasource?.uid, title).toBe('${datasource}')
    for (const expr of DASHBOARD.panels.flatMap(({ targets = [] }) => targets).map((target) => target.expr)) {
      for (const { matchers } of selectors(expr)) expect(matchers.map(({ value }) => value), expr).toEqual(expect.arrayContaining(['supermon-live', '$instance']))
    }
  })

  it('labels its lines by labels that they have, and lays no panel over another', () => {
    for (const { targets = [] } of DASHBOARD.panels) {
      for (const { expr, legendFormat } of targets) {
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
          expect(expr.includes(' by (') ? grouped(expr) : [...SCRAPED, ...selectors(expr).flatMap(({ name }) => [...(told.get(name)?.keys() ?? [])])], expr).toContain(label)
        }
      }
    }
    const { panels } = DASHBOARD
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const [i, { gridPos: a, title }] of panels.entries()) {
      expect(a.x + a.w, title).toBeLessThanOrEqual(24)
      for (const { gridPos: b, title: other } of panels.slice(i + 1)) {
        expect(a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h, `${title} and ${other}`).toBe(false)
      }
    }
  })
})

describe('docs/metrics.md', () => {
  it('names the route that polls are counted by', () => {
    const route = /`([^`]+)` counts the polls/.exec(read('docs/metrics.md'))?.[1]
    expect(told.get('supermon_live_http_requests_total')?.get('route')).toContain(route)
  })
})

describe('docs/monitoring.md', () => {
  const alerts = [...RULES.matchAll(/- alert: (\w+)\n(?: {8}#.*\n)* {8}expr: [^]*?(?:for: (\w+)\n {8})?labels: \{ severity: (\w+) \}/g)].map(([, name = '', after = '', severity = '']) => ({ name, after, severity }))

  it('tells of every alert how bad it is and how long it waits, and of no other', () => {
    expect(alerts.length).toBeGreaterThan(6)
    const rows = [...PAGE.matchAll(/^\| `(SupermonLive\w+)` \| (\w+) \| ([^|]*) \|/gm)].map(([, name = '', severity = '', after = '']) => ({ name, after: after.replace(' min', 'm').replace(' h', 'h').replace('at once', '').trim(), severity }))
    expect(rows).toEqual(alerts)
  })

  it('warns where the report of the rollout says back, and not sooner', () => {
    expect(RULES).toContain(`> ${FALLBACK.back}\n`)
    expect(RULES).toContain(`> ${RECONNECTS.back / 60} * sum`)
  })

  it('has a test of promtool for each that it fires', () => {
    const tests = read('deploy/monitoring/alerts.test.yml')
    for (const { name } of alerts) {
      expect(tests.match(new RegExp(`alertname: ${name}(?:\\s+|, )eval_time: \\S+(?:\\s+|, )exp_alerts:(?! \\[\\])`)), name).not.toBeNull()
      expect(tests, name).toContain(`{ alertname: ${name}, eval_time:`)
    }
  })
})
