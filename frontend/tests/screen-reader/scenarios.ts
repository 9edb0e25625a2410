/** What somebody hears who does not look at the dashboard, by what he does or what happens on the air. */
import { PASSWORD } from '../../../server/tests/support/club.ts'
import type { House } from '../browsers/house.ts'
import { until } from '../page/stage.ts'
import type { ScreenReader } from './screenReader.ts'

export interface Scenario {
  readonly name: string
  /** Starts at the top of the page, which was taken in, and leaves the house as it was. */
  run(reader: ScreenReader, house: House): Promise<void>
}

/** To the top of the page, once its nodes are live, and all that stands in its first line is said: what happens sooner is no news. */
export async function toTop(reader: ScreenReader): Promise<void> {
  const connections = () => reader.tab.evaluate(`[...document.querySelectorAll('[data-connection]')].map((each) => each.dataset.connection).join()`) as Promise<string>
  await until(async () => /^live(,live)*$/.test(await connections()), 30_000)
  await reader.isQuiet()
  await reader.pressUntil('ctrl+Home', 'Settings')
  await reader.isQuiet()
}

/** Signs in, without keys: what is heard comes after that. */
async function signIn(reader: ScreenReader): Promise<void> {
  await reader.tab.evaluate(`(() => {
    document.querySelector('.session > button').click()
    for (const [name, value] of [['username', 'W5GLE'], ['password', '${PASSWORD}']]) {
      const field = document.querySelector('[name=' + name + ']')
      field.value = value
      field.dispatchEvent(new Event('input'))
    }
    document.querySelector('.session form').requestSubmit()
  })()`)
  await hasPanel(reader, true)
}

async function signOut(reader: ScreenReader): Promise<void> {
  await reader.tab.evaluate(`[...document.querySelectorAll('.session > button')].at(-1).click()`)
  await hasPanel(reader, false)
}

/** Whoever is signed in has a panel for commands. */
async function hasPanel(reader: ScreenReader, wanted: boolean): Promise<void> {
  await until(() => reader.tab.evaluate(`(document.querySelector('.connect') !== null) === ${String(wanted)}`) as Promise<boolean>)
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a page that is opened has a heading for each node',
    async run(reader, house) {
      for (const node of house.fake.nodes) await reader.pressUntil('h', new RegExp(`^${node}`))
    },
  },
  {
    name: 'a key-up is said',
    async run(reader, house) {
      const [first, second] = house.links as [string, string]
      reader.listen()
      await house.key(true, first)
      await reader.hears(`${first} is talking on ${house.node}.`)
      await house.key(false, first)
      await house.key(true, second)
      await reader.hears(`${second} is talking on ${house.node}.`)
      await house.key(false, second)
    },
  },
  {
    name: 'what happens while Orca is busy is said afterwards, all of it and once',
    async run(reader, house) {
      const [first, second, third] = house.links as [string, string, string]
      const talks = (link: string) => `${link} is talking on ${house.node}.`
      reader.listen()
      await reader.whileBusy(async () => {
        for (const link of [first, second]) {
          await house.key(true, link)
          await until(() => reader.tab.evaluate(`document.querySelector('.sl-app > [role="status"]').textContent.includes('${talks(link)}')`) as Promise<boolean>)
          await house.key(false, link)
        }
      })
      await reader.hears(talks(second))
      await house.key(true, third)
      await reader.hears(talks(third))
      await house.key(false, third)
      const said = reader.heard().filter((each) => each.includes('is talking'))
      if (said.join() !== [first, second, third].map(talks).join()) throw new Error(`said: ${said.join(' | ')}`)
    },
  },
  {
    name: 'links that come and go are said',
    async run(reader, { fake, node }) {
      reader.listen()
      await fake.connect({ node, link: '2040' })
      await reader.hears(`2040 connected to ${node}.`)
      await fake.disconnect({ node, link: '2040' })
      await reader.hears(`2040 disconnected from ${node}.`)
    },
  },
  {
    name: 'a lost connection is said, and that it is back',
    async run(reader, { proxy }) {
      reader.listen()
      await proxy.refuse()
      await reader.hears('connection lost.').finally(() => proxy.listen())
      await reader.hears('connected again.')
    },
  },
  {
    name: 'an Asterisk that does not answer is said, and that it does again',
    async run(reader, { fake }) {
      reader.listen()
      await fake.outage({ ms: 5_000 })
      await reader.hears('Asterisk is not answering.')
      await reader.hears('Asterisk is answering again.')
    },
  },
  {
    name: 'a cell of the table is said with its column, and a time as an age',
    async run(reader, house) {
      await reader.pressUntil('t', `Connections of node ${house.node}`)
      await reader.press('alt+shift+Down')
      await reader.hears(/row header/)
      await reader.press('alt+shift+Right')
      await reader.hears('Node Information')
      await reader.press('alt+shift+Right')
      await reader.hears('Received')
      await reader.hears(/^(Never|\d+ (s|min|h|days))\.$/)
    },
  },
  {
    name: 'the place in the table stays where it is while stations come and go, and while the gateway restarts',
    async run(reader, house) {
      const rows = (await reader.tab.evaluate(`[...document.querySelectorAll('table.links')[0].querySelectorAll('tbody tr')].map((row) => row.dataset.link)`)) as string[]
      const [first, , last] = rows.filter((link) => house.links.includes(link)) as [string, string, string]
      await reader.pressUntil('t', `Connections of node ${house.node}`)
      await reader.pressUntil('alt+shift+Down', `${last} row header.`)
      for (const link of [last, first]) {
        await house.key(true, link)
        await reader.hears(`${link} is talking on ${house.node}.`)
        await house.key(false, link)
      }
      const stays = async () => {
        await reader.press('alt+shift+Right')
        await reader.hears('Node Information')
        await reader.press('alt+shift+Left')
        await reader.hears(`${last} row header.`)
      }
      await stays()
      reader.listen()
      await house.gateway.stop()
      await house.gateway.start()
      await reader.hears('connected again.')
      await reader.isQuiet()
      await stays()
    },
  },
  {
    name: 'an order that is chosen is said once, and the place stays at it',
    async run(reader) {
      await reader.pressUntil('Tab', 'Order combo box', 40)
      // "Focus mode" comes after the name.
      await reader.isQuiet()
      await reader.press('Down')
      await reader.hears('Node number')
      await reader.isQuiet()
      const said = reader.heard()
      if (said.length !== 1) throw new Error(`said: ${said.join(' | ')}`)
      await reader.press('Up')
      await reader.hears('Last heard')
    },
  },
  {
    name: 'what is asked before all links are ended is said with the answer that has the focus',
    async run(reader, house) {
      await signIn(reader)
      await reader.pressUntil('b', 'Disconnect all', 40)
      await reader.press('Return')
      await reader.hears('No push button.')
      await reader.hears(`Node ${house.node} will disconnect`)
      await reader.press('Escape')
      await until(() => reader.tab.evaluate(`document.querySelector('dialog[open]') === null`) as Promise<boolean>)
      await signOut(reader)
    },
  },
  {
    name: 'signing in and connecting a node by keys says each step, and what came of it',
    async run(reader, { fake, node }) {
      await reader.pressUntil('b', 'Sign in')
      await reader.press('Return')
      await reader.hears('User name entry')
      await reader.type('W5GLE')
      await reader.press('Tab')
      await reader.hears('Password')
      await reader.type('wrong')
      await reader.press('Return')
      await reader.hears('Invalid username or password.')
      await reader.type(PASSWORD)
      await reader.press('Return')
      await reader.hears('Signed in as W5GLE.')
      await hasPanel(reader, true)
      await reader.pressUntil('Tab', 'Target node editable combo box.', 40)
      await reader.type('2040')
      await reader.press('Return')
      await reader.hears(`Done. ${node} is connected to 2040.`)
      await fake.disconnect({ node, link: '2040' })
      await signOut(reader)
    },
  },
  {
    name: 'a page that is switched to German goes on in German',
    async run(reader, house) {
      const [link] = house.links as [string]
      await reader.tab.select('.language select', 'de')
      // A whole page of new texts is a flood to Orca: it hears of nothing else before it has taken that in.
      await reader.pressUntil('h', 'Knoten')
      reader.listen()
      await house.key(true, link)
      await reader.hears(`${link} spricht auf ${house.node}.`)
      await house.key(false, link)
      await reader.tab.evaluate('localStorage.clear()')
    },
  },
]
