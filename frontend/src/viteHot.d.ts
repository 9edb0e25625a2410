/** Vite's, in development only. */
import type { ViteHotContext } from 'vite/types/hot.d.ts'

declare global {
  interface ImportMeta {
    readonly hot?: ViteHotContext
  }
}
