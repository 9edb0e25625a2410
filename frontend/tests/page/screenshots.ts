/**
 * npm run screenshots [-- scene …]
 *
 * Takes docs/screenshots/<scene>-<look>.png from the real page: desktop and phone, dark, light and high contrast.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContextOptions } from 'playwright'
import { openScene, openSignedIn, SCENES } from './scenes.ts'
import { launchChromium } from './stage.ts'

const FOLDER = join(import.meta.dirname, '../../../docs/screenshots')
const DESKTOP = { viewport: { width: 1280, height: 800 } }
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }

interface Look {
  readonly name: string
  readonly context: BrowserContextOptions
  /** Kept in the browser as if somebody had chosen it. */
  readonly theme?: string
}
const LOOKS: readonly Look[] = [
  { name: 'desktop-light', context: { ...DESKTOP, colorScheme: 'light' } },
  { name: 'desktop-dark', context: { ...DESKTOP, colorScheme: 'dark' } },
  { name: 'phone-light', context: { ...PHONE, colorScheme: 'light' } },
  { name: 'phone-dark', context: { ...PHONE, colorScheme: 'dark' } },
]
const CONTRAST: Look = { name: 'desktop-contrast', context: { ...DESKTOP, colorScheme: 'light' }, theme: 'contrast' }
/** Every state in its plain looks would be a book; these two show what differs. */
const looksOf = (scene: string): readonly Look[] => {
  if (scene === 'net') return [...LOOKS, CONTRAST]
  return scene === 'kiosk' ? LOOKS.slice(1, 2) : [LOOKS[0], LOOKS[3]].filter((look) => look !== undefined)
}

const wanted = process.argv.slice(2)
mkdirSync(FOLDER, { recursive: true })
const browser = await launchChromium()
for (const name of [...SCENES.map((scene) => scene.name), 'commands']) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  for (const look of looksOf(name)) {
    const context = await browser.newContext(look.context)
    const page = await context.newPage()
    if (look.theme !== undefined) await page.addInitScript((theme) => { localStorage.setItem('supermon-live.theme', theme) }, look.theme)
    const closers: (() => unknown)[] = []
    const scene = SCENES.find((each) => each.name === name)
    if (scene === undefined) await openSignedIn(page, closers)
    else {
      const stage = await openScene(page, scene)
      closers.push(() => stage.close())
    }
    await page.waitForTimeout(scene?.pictureMs ?? 1_500)
    const path = join(FOLDER, `${name}-${look.name}.png`)
    await page.screenshot({ path })
    console.log(path)
    await context.close()
    for (const close of closers.reverse()) await close()
  }
}
await browser.close()
