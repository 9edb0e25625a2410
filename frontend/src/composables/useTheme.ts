import { readonly, shallowRef } from 'vue'
import type { Ref } from 'vue'
import type { PageEnv } from '../env/pageEnv.ts'
import { usePageEnv } from './usePageEnv.ts'

/** `system` follows the device; `contrast` is light or dark as the device is. */
export const THEMES = ['system', 'light', 'dark', 'contrast'] as const
export type Theme = (typeof THEMES)[number]

export interface ThemeChoice {
  readonly theme: Readonly<Ref<Theme>>
  readonly choose: (theme: Theme) => void
}

const KEY = 'theme'
const DARK = '(prefers-color-scheme: dark)'

/** Shows the remembered theme. Call it before the first paint. */
export function applyTheme(page: PageEnv): void {
  show(recall(page), page)
}

/** The theme, remembered in this browser. */
export function useTheme(): ThemeChoice {
  const page = usePageEnv()
  const theme = shallowRef(recall(page))
  return {
    theme: readonly(theme),
    choose(next) {
      theme.value = next
      page.remember(KEY, next === 'system' ? null : next)
      show(next, page)
    },
  }
}

function recall(page: PageEnv): Theme {
  const kept = page.recall(KEY)
  return THEMES.find((theme) => theme === kept) ?? 'system'
}

function show(theme: Theme, page: PageEnv): void {
  if (theme === 'system') page.theme(null)
  else page.theme(theme === 'contrast' && page.matches(DARK) ? 'contrast-dark' : theme)
}
