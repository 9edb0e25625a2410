/**
 * The states that a page is in, each made for real: fake Asterisks, a gateway, the built dashboard. For pictures
 * (`npm run screenshots`) and for tests that must hold in every one of them.
 */
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright'
import { AstDb } from '../../../server/src/config/astdb.ts'
import { startFakeAsterisk } from '../../../server/src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../../server/src/fake-asterisk/fakeAsterisk.ts'
import { STATION_LIST } from '../../../server/src/fake-asterisk/stations.ts'
import { openClub, PASSWORD } from '../../../server/tests/support/club.ts'
import { nodeConfig, runApp } from '../../../server/tests/support/running.ts'
import { until } from './stage.ts'

const APP = fileURLToPath(new URL('../../../dist-app', import.meta.url))
const HUB = '546051'
const REPEATER = '546055'
const VOTED = '546056'
const SITES = ['Downtown', 'North Hill', 'Campus', 'Water tower', 'Harbour', 'Airport', 'Ridge', 'South Mesa', 'Lakeside', 'Mill', 'Quarry', 'Old town']

export interface Stage {
  readonly app: Awaited<ReturnType<typeof runApp>>
  /** Of the first node. */
  readonly hub: FakeAsterisk
  /** Of the second node. */
  readonly other: FakeAsterisk
}

export interface Scene {
  readonly name: string
  /** What follows the page's address. */
  readonly path?: string
  /** Links of the first node. */
  readonly links?: number
  /** What the first node is called. */
  readonly hubName?: string
  /** What it takes until there is something to see. */
  readonly pictureMs?: number
  /** Goes on from the page as it is when all its nodes are live. */
  readonly act?: (page: Page, stage: Stage) => Promise<void>
}

const facts = (page: Page, node: string) => page.locator(`section[data-node="${node}"] [role="group"][data-connection]`)

/** Two talk, one of them through the other node too; somebody rings; one only listens. */
async function netInProgress(page: Page, { hub, other }: Stage): Promise<void> {
  await hub.connect({ node: HUB, link: '2040', mode: 'connecting' })
  await hub.connect({ node: HUB, link: '3101425', mode: 'monitor' })
  await hub.connect({ node: HUB, link: '2043', permanent: true, behind: ['T2055', 'T2060', 'R2077'] })
  await hub.linkKey({ node: HUB, link: '2043', on: true })
  await hub.linkKey({ node: HUB, link: '2043', on: false })
  await hub.linkKey({ node: HUB, link: '2000', on: true })
  await other.key({ node: REPEATER, on: true })
  await page.locator('tr.link[data-state="talking"]').first().waitFor()
  await page.locator(`section[data-node="${REPEATER}"] .status[data-state="cos"], section[data-node="${REPEATER}"] .status[data-state="both"]`).waitFor()
}

export const SCENES: readonly Scene[] = [
  { name: 'quiet' },
  { name: 'net', act: netInProgress },
  {
    name: 'node-down',
    async act(page, { other }) {
      await other.outage({ ms: 600_000 })
      await page.locator(`section[data-node="${REPEATER}"] .status[data-state="down"]`).waitFor()
    },
  },
  {
    name: 'socket-down',
    async act(page, { app }) {
      await app.close(0)
      await facts(page, HUB).getByText(/Data is \d+ s old/).waitFor()
      await page.locator(`section[data-node="${HUB}"][data-stale]`).waitFor()
    },
  },
  { name: 'hub-256', path: `#${HUB}`, links: 256 },
  {
    name: 'voter',
    path: `#voter=${VOTED}`,
    pictureMs: 8_000,
    async act(page, { other }) {
      await other.key({ node: VOTED, on: true })
      await page.locator('tr[data-look="voted"]').first().waitFor()
    },
  },
  { name: 'kiosk', path: '?kiosk', act: netInProgress },
]

/** A club with a group, a voter and a link in its menu, and names from a node list. */
export async function openScene(page: Page, scene: Scene): Promise<Stage & { close(): Promise<void> }> {
  const named = [HUB, REPEATER, VOTED].map((id, i) => `${id}|W5GLE|${[scene.hubName ?? 'Hub', '146.940 repeater', 'Voted repeater'][i] ?? ''}|Alvin, Texas`)
  const names = new AstDb({ files: [], builtIn: [...named, STATION_LIST.replace(/^54605.*$/gm, '')].join('\n') })
  const hub = await startFakeAsterisk({ nodes: [HUB], links: { [HUB]: linksOf(scene.links ?? 7) } })
  const other = await startFakeAsterisk({
    nodes: [REPEATER, VOTED], links: { [REPEATER]: linksOf(3, 20), [VOTED]: linksOf(1, 30) },
    voters: { [VOTED]: SITES.map((name, i) => ({ name, master: i === 0, mix: i === 2, active: i !== 11 })) },
  })
  const app = await runApp([nodeConfig(HUB, hub.port), nodeConfig(REPEATER, other.port), nodeConfig(VOTED, other.port)], {
    files: APP, names: (id) => names.lookup(id), search: names,
    site: {
      groups: [{ name: 'Club net', system: 'Display Groups', menu: true, nodes: [HUB, REPEATER] }],
      voters: [{ name: `Voter ${VOTED}`, system: 'Voters', menu: true, node: VOTED }],
      links: [{ name: 'AllStarLink', system: null, menu: true, url: 'https://www.allstarlink.org/', newTab: true }],
      order: [],
      defaultNodes: [],
    },
  })
  await page.goto(app.url + (scene.path ?? ''))
  await until(async () => (await page.locator('.summary:has-text("· all live"), .summary:has-text("· live"), tr.receiver').count()) > 0)
  await scene.act?.(page, { app, hub, other })
  return {
    app, hub, other,
    async close() {
      await app.close(0)
      await Promise.all([hub.close(), other.close()])
    },
  }
}

/** Stations of the public list, from the `from`th on. */
function linksOf(count: number, from = 0): { name: string; ageMs: number }[] {
  const known = STATION_LIST.split('\n').flatMap((line) => /^(2\d{3})\|/.exec(line)?.[1] ?? [])
  const further = Array.from({ length: 300 }, (_, i) => String(40_000 + i * 7))
  return [...known, ...further].slice(from, from + count).map((name, i) => ({ name, ageMs: (i * 37 + 3) * 61_000 }))
}

/** A page where somebody is signed in and has commanded: the panel, what came of it, and a question. */
export async function openSignedIn(page: Page, closers: (() => unknown)[]): Promise<void> {
  const rights = ['CONNECTUSER', 'DISCUSER', 'MONUSER', 'LMONUSER', 'DTMFUSER', 'PERMUSER'].map((right) => `$${right} = array("W5GLE");`).join('\n')
  const names = new AstDb({ files: [], builtIn: STATION_LIST })
  const { app } = await openClub(closers, 'read', { files: APP, search: names, names: (id) => names.lookup(id) }, rights)
  await page.goto(app.url)
  await page.getByRole('button', { name: 'Sign in' }).first().click()
  await page.getByLabel('User name').fill('W5GLE')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('combobox', { name: 'Target node' }).fill('2043')
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  await until(async () => (await page.locator('.connect .result').innerText()).startsWith('Done.'))
}
