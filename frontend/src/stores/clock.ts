import { shallowRef } from 'vue'
import type { ShallowRef } from 'vue'
import type { LiveClient } from '../services/liveClient.ts'

/** The time that a page shows, one for all stores and components of a client. */
export interface PageClock {
  /** Estimated server ms, moving once a second while somebody follows and the page can be seen. */
  readonly now: ShallowRef<number>
  /** It may have stood while nobody followed. While it goes it is right, and nobody is woken. */
  catchUp(): void
  /** Keeps it going. Returns the way out, safe to call twice. */
  follow(): () => void
}

const clocks = new WeakMap<LiveClient, PageClock>()

export function clockOf(client: LiveClient): PageClock {
  const known = clocks.get(client)
  if (known !== undefined) return known
  const { sockets, ticker } = client
  const now = shallowRef(sockets.serverNow())
  const tick = () => { now.value = sockets.serverNow() }
  const followers = new Set<object>()
  // The ticker ends with the client. Where that begins anew, whoever follows next starts it for all.
  client.onDispose(() => { followers.clear() })
  let stop: () => void = () => undefined
  const clock: PageClock = {
    now,
    catchUp() {
      if (Math.abs(sockets.serverNow() - now.value) >= 1_000) tick()
    },
    follow() {
      if (followers.size === 0) stop = ticker.watch(tick)
      const me = {}
      followers.add(me)
      clock.catchUp()
      return () => {
        if (followers.delete(me) && followers.size === 0) stop()
      }
    },
  }
  clocks.set(client, clock)
  return clock
}
