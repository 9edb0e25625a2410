/** The `site` store: whose page this is, and what its menu offers. Of the nodes themselves the `realTime` store knows. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { useLiveClient } from './client.ts'
import { readMenu } from './menu.ts'
import type { MenuSection } from './menu.ts'
import { NO_FACTS, readSiteFacts } from './siteFacts.ts'
import type { SiteFacts } from './siteFacts.ts'

export const useSiteStore = defineStore('site', () => {
  const { api } = useLiveClient()
  const menu = shallowRef<readonly MenuSection[]>([])
  const facts = shallowRef<SiteFacts>(NO_FACTS)
  let asked = 0

  /** Asks for both. Never rejects: a page without a menu is a page, and what is not answered stays as it was. */
  async function load(): Promise<void> {
    const mine = ++asked
    const ask = async <T>(route: string, read: (data: unknown) => T, take: (read: T) => void) => {
      const answer = await api.get(route).catch(() => null)
      if (mine === asked && answer !== null) take(read((answer as { data?: unknown }).data))
    }
    await Promise.all([
      ask('config/menu', readMenu, (read) => { menu.value = read }),
      ask('config/system-info', readSiteFacts, (read) => { facts.value = read }),
    ])
  }

  return { menu, facts, load }
})
