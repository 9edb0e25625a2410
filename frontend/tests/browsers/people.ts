/** People sign in and out, open two tabs, put one away and come back to it, and hold phones. */
import { PASSWORD } from '../../../server/tests/support/club.ts'
import { until } from '../page/stage.ts'
import { Dashboard } from './dashboard.ts'
import { holds, lasts, quantile, seconds } from './scenario.ts'
import type { Play, Scenario } from './scenario.ts'

/** Keeps each socket that the page opens from now on. */
const COUNT_SOCKETS = `(() => {
  if (globalThis.openedSockets !== undefined) return true
  const opened = globalThis.openedSockets = []
  globalThis.WebSocket = new Proxy(WebSocket, { construct: (target, args) => { const socket = new target(...args); opened.push(socket); return socket } })
  return true
})()`

/** Browsers let timers of a hidden page run once a second, on the second: now and then a moment early, ms. */
const THROTTLED_MS = 800

async function signIn({ tab }: Dashboard): Promise<void> {
  await tab.look(`[...document.querySelectorAll('button')].find((button) => button.textContent.trim() === 'Sign in').setAttribute('data-proof', 'sign-in')`)
  await tab.click('[data-proof="sign-in"]')
  await until(() => tab.look<boolean>(`document.querySelector('input[type="password"]') !== null`))
  await tab.type('input[autocomplete="username"]', 'W5GLE')
  await tab.type('input[type="password"]', PASSWORD)
  await tab.click('dialog[open] button[type="submit"]')
  await until(() => commands(tab))
}

const commands = (tab: Dashboard['tab']) => tab.look<boolean>(`document.querySelector('.connect') !== null`)

async function signOut({ tab }: Dashboard): Promise<void> {
  await tab.look(`[...document.querySelectorAll('button')].find((button) => button.textContent.trim() === 'Sign out').setAttribute('data-proof', 'sign-out')`)
  await tab.click('[data-proof="sign-out"]')
  await until(async () => !(await commands(tab)))
}

/** Who somebody is goes with the socket: the page is live again once it has another one. */
async function liveAnew(page: Dashboard, change: () => Promise<void>): Promise<void> {
  const { house, tab } = page
  const sockets = () => tab.look<number>('globalThis.openedSockets.length')
  await tab.look(COUNT_SOCKETS)
  const before = await sockets()
  await change()
  await until(async () => (await sockets()) > before)
  await page.live()
  // The one from before is closed.
  await until(async () => (await house.viewers()) === 1)
}

/** Somebody talks behind the page's back; when it is seen again it must be right within 3 s. */
async function comesBackRight(page: Dashboard, { house }: Play, show: () => Promise<unknown>): Promise<number> {
  const from = Date.now()
  await show()
  await page.talking(true, 5_000)
  const took = Date.now() - from
  await house.key(false)
  await page.talking(false)
  return took
}

/** @returns what a timer of the hidden page took; throws when it came as it does in front */
async function heldBack(page: Dashboard): Promise<string> {
  const late = await page.latestTimer()
  holds(late >= THROTTLED_MS, `a timer of 0.1 s came after ${seconds(late)} at the latest: nothing was throttled`)
  return `a timer of 0.1 s took up to ${seconds(late)}`
}

/** From both nodes to one, by its button. */
async function leavesOne({ tab, house }: Dashboard): Promise<void> {
  const shown = (count: number) => until(() => tab.look<boolean>(`document.querySelectorAll('section[data-node]').length === ${count}`))
  await tab.goto(`${house.url}?all`)
  await shown(2)
  const press = async (text: string) => {
    await tab.look(`(() => {
      document.querySelector('[data-proof]')?.removeAttribute('data-proof')
      const fits = (button) => button.offsetWidth > 0 && button.textContent.includes('${text}')
      ;[...document.querySelectorAll('button')].find(fits)?.setAttribute('data-proof', '')
    })()`)
    await tab.click('[data-proof]')
  }
  await press('All 2 nodes')
  await press(house.node)
  await shown(1)
}

export const PEOPLE: readonly Scenario[] = [
  {
    name: 'sign in and out',
    claim: 'Who signs in may command at once, and not after signing out; the page stays live, with a ticket for each socket',
    house: { accounts: true },
    async run(play) {
      const page = await play.dashboard()
      holds(!(await commands(page.tab)), 'a visitor may command')
      const from = Date.now()
      await liveAnew(page, () => signIn(page))
      const took = Date.now() - from
      await liveAnew(page, () => signOut(page))
      return `signed in and live again after ${seconds(took)}`
    },
  },
  {
    name: 'ticket expiry',
    claim: 'A page whose ticket is long spent fetches another one for its next socket',
    house: { accounts: true },
    async run({ house, ...play }) {
      const page = await play.dashboard()
      await signIn(page)
      // A ticket lives 30 s.
      await lasts(31_000)
      await page.live()
      const accepted = house.proxy.accepted
      house.proxy.cut()
      const from = Date.now()
      await page.until(() => house.proxy.accepted > accepted)
      await page.live()
      return `live again after ${seconds(Date.now() - from)}`
    },
  },
  {
    name: 'two tabs',
    claim: 'Two tabs show the same; one that is closed takes its socket with it and leaves the other alone',
    async run(play) {
      const [one, two] = [await play.dashboard(), await play.dashboard()]
      holds((await play.house.viewers()) === 2, 'two tabs are not two viewers')
      await play.house.key(true)
      await two.talking(true)
      await one.talking(true)
      await two.tab.close()
      const from = Date.now()
      await until(async () => (await play.house.viewers()) === 1)
      const took = Date.now() - from
      await play.house.key(false)
      await one.talking(false)
      return `its socket was gone after ${seconds(took)}`
    },
  },
  {
    name: 'background',
    claim: 'A tab that was hidden for six minutes, its timers throttled, is right within 3 s of being seen',
    long: true,
    async run(play) {
      const { house, driver } = play
      const { tab, show } = await driver.openHidden(`${house.url}#${house.node}`)
      const page = new Dashboard(tab, house)
      holds((await tab.look('document.visibilityState')) === 'hidden', 'the tab is not hidden')
      await until(async () => (await page.panel())?.connection === 'live')
      await page.watchTimers()
      await lasts(6 * 60_000)
      const timers = await heldBack(page)
      const viewers = await house.viewers()
      await house.key(true)
      const took = await comesBackRight(page, play, show)
      holds(took <= 3_000, `right only after ${seconds(took)}`)
      return `${timers}; its socket ${viewers === 1 ? 'was still open' : 'had gone'}; right after ${seconds(took)}`
    },
  },
  {
    name: 'background, cut',
    claim: 'A tab whose socket died while it was hidden is right within 3 s of being seen',
    async run(play) {
      const { house, driver } = play
      const { tab, show } = await driver.openHidden(`${house.url}#${house.node}`)
      const page = new Dashboard(tab, house)
      await until(async () => (await page.panel())?.connection === 'live')
      await page.watchTimers()
      await house.proxy.refuse()
      await house.key(true)
      // Long enough for the page's own tries to have failed, and its timers to be slowed down.
      await lasts(10_000)
      const timers = await heldBack(page)
      await house.proxy.listen()
      const took = await comesBackRight(page, play, show)
      holds(took <= 3_000, `right only after ${seconds(took)}`)
      return `${timers}; right after ${seconds(took)}`
    },
  },
  {
    name: 'back and forward',
    claim: 'A page that is left and come back to is live again, from the browser\'s cache or not',
    async run(play) {
      const page = await play.dashboard()
      const { house } = play
      await page.tab.goto(`${house.url}healthz/live`)
      await until(async () => (await house.viewers()) === 0)
      await house.key(true)
      const from = Date.now()
      await page.tab.back()
      await until(async () => (await page.panel()) !== null)
      await page.talking(true)
      const took = Date.now() - from
      const cached = await page.tab.look<boolean>('globalThis.proof?.persisted === true')
      await house.key(false)
      await page.talking(false)
      holds((await house.viewers()) === 1, 'more than one socket')
      return `right after ${seconds(took)}, ${cached ? 'from the cache' : 'loaded anew'}`
    },
  },
  {
    name: 'freeze and resume',
    claim: 'A hidden page that was frozen over a cut is right within 3 s of being seen',
    cannot: ({ freeze }) => (freeze === null ? 'nothing freezes a page of it' : null),
    async run(play) {
      const { house, driver } = play
      const { tab, show } = await driver.openHidden(`${house.url}#${house.node}`)
      const page = new Dashboard(tab, house)
      await until(async () => (await page.panel())?.connection === 'live')
      await driver.freeze?.(tab, true)
      house.proxy.cut()
      await house.key(true)
      await lasts(5_000)
      await driver.freeze?.(tab, false)
      const took = await comesBackRight(page, play, show)
      holds(took <= 3_000, `right only after ${seconds(took)}`)
      return `right after ${seconds(took)}`
    },
  },
  {
    name: 'phone',
    claim: 'On a phone nothing is wider than the screen; where it has touch, a tap is a click',
    house: { nodes: 2 },
    async run(play) {
      const page = await play.dashboard({ phone: true })
      const { width, over, touch } = await page.tab.look<{ width: number; over: number; touch: boolean }>(
        `({ width: innerWidth, over: document.documentElement.scrollWidth - document.documentElement.clientWidth, touch: matchMedia('(pointer: coarse)').matches })`,
      )
      holds(over <= 0, `${over} px stick out at ${width} px`)
      const taken = (await page.keyUps(10)).map(({ documentMs }) => documentMs)
      await leavesOne(page)
      return `${width} px wide, ${touch ? 'tapped' : 'clicked, as it has no touch'}; key-ups after ${quantile(taken, 0.5).toFixed(0)} ms`
    },
  },
]

/** How long it takes until thirty nodes are live, each by a socket of its own or all over one. */
export const TOPOLOGIES: readonly Scenario[] = (['per-node', 'shared'] as const).map((topology) => ({
  name: `30 nodes, ${topology}`,
  claim: `Thirty nodes, ${topology === 'shared' ? 'all over one socket' : 'each over its own socket'}: from the address to all of them live`,
  house: { nodes: 30, links: 5 },
  async run({ driver, house }: Play) {
    await house.topology(topology)
    const { tab } = new Dashboard(await driver.open(), house)
    const from = Date.now()
    await tab.goto(`${house.url}#all`)
    await until(() => tab.look<boolean>(`document.querySelectorAll('section[data-node] [data-connection="live"]').length === 30`), 60_000)
    const took = Date.now() - from
    await until(() => tab.look<boolean>(`[...document.querySelectorAll('section[data-node]')].every((panel) => panel.querySelectorAll('tr.link').length === 5)`))
    return `all live after ${seconds(took)}, over ${await house.viewers()} sockets`
  },
}))
