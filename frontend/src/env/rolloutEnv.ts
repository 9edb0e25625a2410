/**
 * What only a page that takes part in a rollout needs of the outside: what this browser remembers and its address says, and what
 * figures are made of and sent by. Apart from {@link Env}, which services and the simulation need as well.
 */
import { browserPageMemory } from './pageMemory.ts'
import type { PageMemory } from './pageMemory.ts'

export type BrowserFamily = 'chromium' | 'firefox' | 'safari' | 'other'

export interface RolloutEnv extends PageMemory {
  /** Calls `fn` once what was just changed is on the screen; never on a page that is not painted. */
  afterPaint(fn: () => void): void
  /** Hands `body` (JSON) over to be sent, also when the page is about to go. False = it was not taken, or cannot be. */
  beacon(url: string, body: string): boolean
  /** The kind of browser, and nothing more of it. */
  browser(): BrowserFamily
}

/** The real browser. Nothing is touched before a method is called. */
export function browserRolloutEnv(): RolloutEnv {
  return { ...browserPageMemory(), afterPaint, beacon, browser: () => familyOf(navigator.userAgent) }
}

/** A frame is asked for, and a task after it: the frame is painted between the two. */
function afterPaint(fn: () => void): void {
  if (typeof requestAnimationFrame === 'undefined') return
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      fn()
    }
    port2.postMessage(null)
  })
}

function beacon(url: string, body: string): boolean {
  // Blockers take it away, and browsers refuse what is too much at once.
  const { sendBeacon } = navigator as { sendBeacon?: Navigator['sendBeacon'] }
  try {
    return sendBeacon?.call(navigator, url, new Blob([body], { type: 'application/json' })) ?? false
  } catch {
    return false
  }
}

/** Engines, as that is what sockets and timers differ by: all browsers of an iPhone are Safari. */
export function familyOf(userAgent: string): BrowserFamily {
  if (/\b(?:iPhone|iPad|iPod)\b/.test(userAgent)) return 'safari'
  if (/\bFirefox\//.test(userAgent)) return 'firefox'
  if (/\b(?:Chrome|Chromium|HeadlessChrome)\//.test(userAgent)) return 'chromium'
  return /\bSafari\//.test(userAgent) ? 'safari' : 'other'
}
