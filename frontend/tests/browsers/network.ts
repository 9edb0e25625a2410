/** The network and the server fail; the page says so, and comes back by itself. */
import { Dashboard } from './dashboard.ts'
import { holds, quantile, seconds } from './scenario.ts'
import type { Play, Scenario } from './scenario.ts'

/** What came back is true: a key-up from before is gone, and a new one is shown. */
async function isRight(page: Dashboard, { house }: Play): Promise<void> {
  await house.key(true)
  await page.talking(true)
  await house.key(false)
  await page.talking(false)
}

/** Marks the page, to see that nobody reloaded it. */
async function unreloaded(page: Dashboard): Promise<void> {
  holds(await page.tab.look<boolean>('globalThis.proof !== undefined'), 'the page was reloaded')
}

/** Runs `fault`, waits until the page admits it, ends it, and waits for what comes back. */
async function recovers(play: Play, fault: () => unknown, end: () => unknown): Promise<string> {
  const page = await play.dashboard()
  const from = Date.now()
  await fault()
  await page.stale(60_000)
  const told = Date.now() - from
  await end()
  const back = await page.live(30_000)
  await isRight(page, play)
  await unreloaded(page)
  return `told after ${seconds(told)}, live ${seconds(back)} after it was over`
}

export const NETWORK: readonly Scenario[] = [
  {
    name: 'first row',
    claim: 'From the address to a live node with its links',
    async run({ driver, house }) {
      const taken: number[] = []
      for (let i = 0; i < 3; i += 1) {
        const page = new Dashboard(await driver.open(), house)
        taken.push(await page.open())
        await page.tab.close()
      }
      return `${seconds(quantile(taken, 0.5))} (median of 3)`
    },
  },
  {
    name: 'key-up',
    claim: 'From the key-up at Asterisk to the changed row',
    async run(play) {
      const page = await play.dashboard()
      const taken = (await page.keyUps(60)).map(({ documentMs }) => documentMs)
      return `median ${quantile(taken, 0.5).toFixed(0)} ms, 95 of 100 within ${quantile(taken, 0.95).toFixed(0)} ms (60)`
    },
  },
  {
    name: 'reset',
    claim: 'A connection that is reset comes back by itself',
    async run(play) {
      const page = await play.dashboard()
      const accepted = play.house.proxy.accepted
      play.house.proxy.cut()
      const from = Date.now()
      await page.until(() => play.house.proxy.accepted > accepted)
      await page.live()
      const back = Date.now() - from
      await isRight(page, play)
      await unreloaded(page)
      return `live again after ${seconds(back)}`
    },
  },
  {
    name: 'half-open',
    claim: 'A path that swallows every byte is noticed, said, and left',
    run: (play) => recovers(play, () => { play.house.proxy.mute(true) }, () => { play.house.proxy.mute(false) }),
  },
  {
    name: 'refused',
    claim: 'A server that refuses is tried until it does not',
    run: ({ house, ...play }) => recovers({ house, ...play }, () => house.proxy.refuse(), () => house.proxy.listen()),
  },
  {
    name: 'slow',
    claim: 'On a path of 500 ms each way the page is late and right',
    async run(play) {
      const page = await play.dashboard()
      play.house.proxy.delayMs = 500
      const taken = (await page.keyUps(6)).map(({ documentMs }) => documentMs)
      holds(quantile(taken, 0.5) >= 450, 'the path was not slow')
      holds((await page.panel())?.stale === false, 'a slow path was taken for a dead one')
      return `median ${seconds(quantile(taken, 0.5))}`
    },
  },
  {
    name: 'restart',
    claim: 'A gateway that is restarted says goodbye, and pages come back as it asks',
    run: ({ house, ...play }) => recovers({ house, ...play }, () => house.gateway.stop(), () => house.gateway.start()),
  },
  {
    name: 'killed',
    claim: 'A gateway that is killed comes back too',
    run: ({ house, ...play }) => recovers({ house, ...play }, () => house.gateway.stop('SIGKILL'), () => house.gateway.start()),
  },
  {
    name: 'Asterisk down',
    claim: 'An Asterisk that is silent is no lost connection, and is told apart',
    async run(play) {
      const page = await play.dashboard()
      const from = Date.now()
      await play.house.fake.outage({ ms: 600_000 })
      await page.until(({ connection, status }) => connection === 'live' && status === 'down')
      const told = Date.now() - from
      await play.house.fake.outage({ ms: 0 })
      const back = await page.until(({ status }) => status === 'idle', 40_000)
      await isRight(page, play)
      return `told after ${seconds(told)}, right ${seconds(back)} after its return`
    },
  },
  {
    name: 'flag off and on',
    claim: 'The kill switch makes the page poll, and it goes on showing who talks; back on, it holds a socket',
    async run(play) {
      const page = await play.dashboard()
      const { house } = play
      await house.rollout('off')
      const from = Date.now()
      await page.until(({ connection }) => connection === 'paused')
      await page.until(({ stale }) => !stale)
      const off = Date.now() - from
      const taken = (await page.keyUps(6)).map(({ documentMs }) => documentMs)
      await house.rollout('on')
      const on = await page.live()
      await isRight(page, play)
      return `polling after ${seconds(off)}, key-ups then after ${seconds(quantile(taken, 0.5))}; on sockets after ${seconds(on)}`
    },
  },
]
