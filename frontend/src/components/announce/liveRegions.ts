import { computed, onMounted, onUnmounted, shallowReactive, shallowRef } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { usePageEnv } from '../../composables/usePageEnv.ts'
import type { Told } from '../words.ts'

/** What a live region of the page takes. */
export interface Region {
  say(sentence: Told): void
}

type PageEnv = ReturnType<typeof usePageEnv>
const regions = new WeakMap<PageEnv, Region[]>()

/** The live regions of this page, in the order they came. The first one speaks. */
function useRegions(): Region[] {
  const page = usePageEnv()
  const known = regions.get(page) ?? shallowReactive<Region[]>([])
  regions.set(page, known)
  return known
}

/** Makes the calling component a live region of the page. @returns does it speak? Two would say everything twice */
export function useAsRegion(region: Region): ComputedRef<boolean> {
  const all = useRegions()
  onMounted(() => { all.push(region) })
  onUnmounted(() => {
    const at = all.indexOf(region)
    if (at >= 0) all.splice(at, 1)
  })
  return computed(() => all[0] === region)
}

/**
 * For a component with a live region of its own, for pages that have none.
 * @param apart it stands where the page's region is not heard, as in a modal dialog
 */
export function useOwnRegion(apart: () => boolean): {
  /** Is its own one needed? */
  readonly own: ComputedRef<boolean>
  /** What its own one says. */
  readonly said: Readonly<Ref<string>>
  readonly say: (sentence: string | Told) => void
} {
  const all = useRegions()
  const said = shallowRef('')
  const own = computed(() => apart() || all.length === 0)
  return {
    own,
    said,
    say: (sentence) => {
      const told = typeof sentence === 'string' ? { head: '', text: sentence } : sentence
      said.value = own.value ? `${told.head} ${told.text}`.trim() : ''
      if (!own.value) all[0]?.say(told)
    },
  }
}
