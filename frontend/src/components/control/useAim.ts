import { watch } from 'vue'
import type { Ref } from 'vue'
import type { LinkAction } from '../../../../protocol/actions.ts'
import { displayName } from '../../../../protocol/names.ts'
import type { NodeState } from '../../../../protocol/nodeState.ts'
import { useAstDbStore } from '../../stores/astdb.ts'
import { words } from '../words.ts'
import { foundEntry, foundLinks, spoken } from './found.ts'
import type { Found } from './found.ts'
import type { ConfirmHandle, TargetHandle } from './handles.ts'
import { resolveTarget } from './resolveTarget.ts'

export interface AimOptions {
  /** The node that acts. */
  readonly local: Readonly<Ref<string>>
  /** What was written into the field. */
  readonly target: Readonly<Ref<string>>
  /** Its state. Looked at when somebody aims, or many links that talk would cost a render each time. */
  readonly state: () => NodeState | undefined
  readonly recent: Readonly<Ref<readonly Found[]>>
  readonly field: Readonly<Ref<TargetHandle | null>>
  readonly dialog: Readonly<Ref<ConfirmHandle | null>>
  /** Tells why nothing is done, or what is going on; '' = nothing any more. */
  readonly say: (text: string, kind?: NoticeKind) => void
}

/** Why nothing is done: what was written is wrong (the default), or it is not to blame; what is to be chosen from, or what is mostly over in a moment. */
export type NoticeKind = 'wrong' | 'in-vain' | 'choice' | 'passing'

/** Which node does it, and to which. */
export interface Aimed {
  readonly local: string
  readonly target: Found
}

const MOST = 12

/** From what somebody wrote to the node that he means: looked up, offered by name, asked about where it is grave. */
export function useAim({ local, target, state, recent, field, dialog, say }: AimOptions) {
  const astdb = useAstDbStore()
  /** What is being looked up or asked about. Whoever changes his mind meanwhile is not taken at his former word. */
  let current: object | null = null
  watch([target, local], () => { current = null }, { flush: 'sync' })

  /** null = nothing is to be done, and it was said why or there is a choice to be made. One question at a time. */
  async function aim(action: LinkAction, permanent: boolean): Promise<Aimed | null> {
    if (current !== null) return null
    const mine = (current = {})
    const node = local.value
    try {
      const found = await lookUp(action, node, () => current === mine)
      if (found === null) return null
      if ((!found.sure || permanent) && !(await confirmed(action, node, found.target, permanent))) return null
      return current === mine ? { local: node, target: found.target } : null
    } finally {
      if (current === mine) current = null
    }
  }

  /** @param meant is it still what is wanted? What comes later has no say, and no focus. */
  async function lookUp(action: LinkAction, node: string, meant: () => boolean): Promise<{ readonly target: Found; readonly sure: boolean } | null> {
    const text = target.value.trim()
    say('')
    const resolved = await resolveTarget(text, { links: foundLinks(state()), linksOnly: action === 'disconnect', search })
    if (!meant()) return null
    say('')
    switch (resolved.kind) {
      case 'sure':
      case 'one':
        return { target: named(resolved.target), sure: resolved.kind === 'sure' }
      case 'several':
        say(words.control.several(text, resolved.found.length > MOST), 'choice')
        field.value?.offer(resolved.found.slice(0, MOST))
        return null
      case 'none':
        say(action === 'disconnect' ? words.control.noSuchLink(node, text) : words.control.noSuchNode(text))
        return null
      case 'too-short':
        say(words.control.tooShort)
        return null
      case 'unheard':
        say(words.control.unheard, 'in-vain')
        return null
    }
  }

  async function search(text: string): Promise<readonly Found[] | null> {
    say(words.control.searching(text), 'passing')
    // One more than is shown tells that there are more.
    const found = await astdb.searchNodes(text, MOST + 1)
    return found.length === 0 && astdb.error !== null ? null : found.map(foundEntry)
  }

  /** With the name, where this page has heard it. */
  function named(found: Found): Found {
    if (found.name !== '') return found
    const { links = {} } = state() ?? {}
    const link = Object.hasOwn(links, found.id) ? links[found.id] : undefined
    const entry = astdb.cache[found.id]
    const names = [link === undefined ? '' : displayName(link), recent.value.find(({ id }) => id === found.id)?.name, entry === undefined ? '' : foundEntry(entry).name]
    return { id: found.id, name: names.find((name) => name) ?? '' }
  }

  async function confirmed(action: LinkAction, node: string, found: Found, permanent: boolean): Promise<boolean> {
    const question = permanent && action !== 'disconnect'
      ? { title: words.control.permanentTitle, text: words.control.surePermanent(action, node, spoken(found)), yes: words.control.yesPermanent[action], grave: true }
      : { title: words.control.meantTitle, text: words.control.sureMeant(action, node, spoken(found)), yes: words.control.action[action] }
    return (await dialog.value?.ask(question)) ?? false
  }

  return { aim, named }
}
