/** One scenario in one browser, from an empty house to a swept one. */
import { Dashboard } from './dashboard.ts'
import type { BrowserDriver, Tab } from './driver.ts'
import { openHouse } from './house.ts'
import type { Scenario } from './scenario.ts'

/** However it ends, it ends. */
const LONGEST_MS = 10 * 60_000

/** @returns what was measured; throws what does not hold */
export async function play(driver: BrowserDriver, scenario: Scenario): Promise<string> {
  const house = await openHouse(scenario.house)
  const tabs: Tab[] = []
  const noting: BrowserDriver = {
    ...driver,
    async open(options) {
      const tab = await driver.open(options)
      tabs.push(tab)
      return tab
    },
    async openHidden(url) {
      const hidden = await driver.openHidden(url)
      // What covers it stays when the scenario ends before it is shown.
      tabs.push(hidden.tab, hidden.cover)
      return hidden
    },
  }
  const dashboard = async (options = {}) => {
    const page = new Dashboard(await noting.open(options), house)
    await page.open()
    return page
  }
  try {
    return await within(LONGEST_MS, scenario.run({ driver: noting, house, dashboard }))
  } finally {
    for (const tab of tabs) await tab.close().catch(() => undefined)
    await house.close()
  }
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { reject(new Error(`not at an end after ${ms / 1000} s`)) }, ms)
    work.then(resolve, reject).finally(() => { clearTimeout(timer) })
  })
}
