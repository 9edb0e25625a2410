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

/** One choice for all who ask on a page, shown or not. */
const choices = new WeakMap<PageEnv, ThemeChoice & { readonly show: () => void }>()

/** Shows the remembered theme. A page that is ours alone calls it before its first paint. */
export function applyTheme(page: PageEnv): void {
  choiceOf(page).show()
}

/** The theme, remembered in this browser. */
export function useTheme(): ThemeChoice {
  return choiceOf(usePageEnv())
}

function choiceOf(page: PageEnv) {
  const choice = choices.get(page) ?? makeChoice(page)
  choices.set(page, choice)
  return choice
}

function makeChoice(page: PageEnv) {
  const kept = page.recall(KEY)
  const theme = shallowRef<Theme>(THEMES.find((each) => each === kept) ?? 'system')
  let stopFollowing: (() => void) | undefined
  function show(): void {
    // The style sheet follows the device by itself; only a theme that was chosen over it has to be told.
    if (theme.value === 'contrast') stopFollowing ??= page.onMatch(DARK, show)
    else {
      stopFollowing?.()
      stopFollowing = undefined
    }
    if (theme.value === 'system') page.theme(null)
    else page.theme(theme.value === 'contrast' && page.matches(DARK) ? 'contrast-dark' : theme.value)
  }
  return {
    theme: readonly(theme),
    show,
    choose(next: Theme) {
      theme.value = next
      page.remember(KEY, next === 'system' ? null : next)
      show()
    },
  }
}
