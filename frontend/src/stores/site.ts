/** The `site` store: whose page this is, and what its menu offers. Of the nodes themselves the `realTime` store knows. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { askAgain, isPassing } from './askAgain.ts'
import { useLiveClient } from './client.ts'
import { readMenu } from './menu.ts'
import type { MenuSection } from './menu.ts'
import { NO_FACTS, readSiteFacts } from './siteFacts.ts'
import type { SiteFacts } from './siteFacts.ts'

export const useSiteStore = defineStore('site', () => {
  const client = useLiveClient()
  const menu = shallowRef<readonly MenuSection[]>([])
  const facts = shallowRef<SiteFacts>(NO_FACTS)
  let asked = 0
  /** Routes that were answered once; a refusal is an answer. */
  const answered = new Set<string>()

  /**
   * Asks for both; again by itself until each was answered once. Settles with the first try, and never rejects: a page without a menu is a
   * page, and what is not answered stays as it was.
   */
  const load = askAgain(client, async () => {
    const mine = ++asked
    const ask = async <T>(route: string, read: (data: unknown) => T, take: (read: T) => void) => {
      try {
        const answer = await client.api.get(route)
        if (mine === asked) take(read((answer as { data?: unknown }).data))
      } catch (cause) {
        if (isPassing(cause) && !answered.has(route)) throw cause
      }
      answered.add(route)
    }
    const both = await Promise.allSettled([
      ask('config/menu', readMenu, (read) => { menu.value = read }),
      ask('config/system-info', readSiteFacts, (read) => { facts.value = read }),
    ])
    const failed = both.find((each) => each.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  })

  return { menu, facts, load }
})
