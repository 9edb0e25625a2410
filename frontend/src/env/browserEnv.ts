import { appBase } from './appBase.ts'
import type { Env, PageSignal, PageSignals } from './env.ts'
import { LONGEST_TIMER } from './longestTimer.ts'
import { steadyClock } from './steadyClock.ts'

const browserPage: PageSignals = {
  onActivity: listenToUser,
  listen: listenToPage,
  online: () => typeof navigator === 'undefined' || navigator.onLine !== false,
  visible: () => typeof document === 'undefined' || document.visibilityState !== 'hidden',
}

/** Is there a page to show anything? A server that renders has none; a gateway for tests brings one of its own wherever it runs. */
export const hasPage = ({ page }: Env): boolean => page !== browserPage || typeof document !== 'undefined'

/** The real browser. On a server, where there is none, its methods see no page and change nothing. */
export function browserEnv(options: { base?: string } = {}): Env {
  let base: string | undefined
  return {
    now: steadyClock(() => Date.now()),
    wall: () => Date.now(),
    setTimeout: (fn, ms) => setTimeout(fn, Math.min(ms, LONGEST_TIMER)),
    clearTimeout: (handle) => {
      clearTimeout(handle as ReturnType<typeof setTimeout> | undefined)
    },
    random: () => Math.random(),
    webSocket: () => (typeof WebSocket === 'undefined' ? null : WebSocket),
    fetch: (url, init) => fetch(url, init),
    // Said once: a page's router moves its address, and with it what is relative to that.
    baseUrl: () => base ?? (typeof document === 'undefined' ? appBase(null, options.base) : (base = appBase(document, options.base))),
    address: {
      hash: () => (typeof location === 'undefined' ? '' : decodeHash(location.hash)),
      setHash: (hash) => {
        if (typeof history === 'undefined') return
        history.replaceState(history.state, '', hash === '' ? location.pathname + location.search : `#${hash}`)
      },
      listen: (handler) => {
        if (typeof window === 'undefined') return () => undefined
        window.addEventListener('hashchange', handler)
        return () => { window.removeEventListener('hashchange', handler) }
      },
    },
    page: browserPage,
  }
}

function listenToPage(handler: (signal: PageSignal) => void): () => void {
  if (typeof window === 'undefined') return () => undefined
  const aborter = new AbortController()
  const { signal } = aborter
  for (const type of ['online', 'offline', 'pagehide', 'pageshow'] as const) {
    window.addEventListener(type, () => { handler(type) }, { signal })
  }
  for (const type of ['freeze', 'resume'] as const) {
    document.addEventListener(type, () => { handler(type) }, { signal })
  }
  document.addEventListener(
    'visibilitychange',
    () => { handler(document.visibilityState === 'hidden' ? 'hidden' : 'visible') },
    { signal },
  )
  return () => { aborter.abort() }
}

/** The signs of life that Supermon-NG's polling took: a page somebody uses is polled faster. */
const SIGNS_OF_LIFE = ['mousedown', 'mousemove', 'keydown', 'scroll', 'touchstart', 'click'] as const

function listenToUser(handler: () => void): () => void {
  if (typeof document === 'undefined') return () => undefined
  const aborter = new AbortController()
  for (const type of SIGNS_OF_LIFE) {
    document.addEventListener(type, handler, { signal: aborter.signal, passive: true, capture: true })
  }
  return () => { aborter.abort() }
}

/** Anybody can type anything after the `#`; what cannot be decoded is nothing. */
function decodeHash(hash: string): string {
  try {
    return decodeURIComponent(hash.replace(/^#/, ''))
  } catch {
    return ''
  }
}
