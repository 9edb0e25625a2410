/** The `session` store: who is at this page, and what he may do. */
import { defineStore } from 'pinia'
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { ApiError } from '../services/gatewayApi.ts'
import { SessionService } from '../services/SessionService.ts'
import type { SessionFacts } from '../services/SessionService.ts'
import { askAgain } from './askAgain.ts'
import { useLiveClient } from './client.ts'
import { failureOf } from './failure.ts'
import { reader } from './reader.ts'
import { sessionDoubts } from './sessionDoubts.ts'

const COMMANDS = ['CONNECTUSER', 'MONUSER', 'LMONUSER', 'DISCUSER', 'DTMFUSER']
/** Cookies are blocked, this page stands within one of another site, or another server answered the second time. */
const NOT_KEPT = 'The password is right, but the sign-in was not kept: allow cookies for this page, or open it in a window of its own.'
const UNKNOWN: SessionFacts = { user: null, permissions: {}, signIn: 'none', url: null }

export const useSessionStore = defineStore('session', () => {
  const client = useLiveClient()
  const service = new SessionService(client.api)
  const facts = shallowRef<SessionFacts>(UNKNOWN)
  /** Is the first question over, answered or not? Beside it the list of nodes was asked for; whoever is known only later may see another one. */
  const known = ref(false)
  /** Is a sign-in or sign-out on its way? */
  const busy = ref(false)
  /** Why the last one failed, for people; null = it did not. */
  const error = ref<string | null>(null)
  const errorCode = ref<string | null>(null)

  const user = computed(() => facts.value.user)
  const signInAt = computed(() => ({ where: facts.value.signIn, url: facts.value.url }))
  const can = (permission: string) => facts.value.permissions[permission] === true
  const mayCommand = computed(() => COMMANDS.some(can))

  /** Questions so far, and the first of them that counts: what was asked earlier is answered too late. */
  let asked = 0
  let counts = 0
  /** Is it asked until it is answered? */
  let due = true
  /** What {@link learn} asked. */
  let first: Promise<void> | undefined
  let ended = false

  const doubts = sessionDoubts(client, facts, doubt)

  /** @throws ApiError; RetryAfterError when the server asks to be left alone */
  async function ask(): Promise<void> {
    // From the first question on; a server that renders puts none.
    if (!ended && !client.disposed) doubts.listen()
    const mine = ++asked
    try {
      const answer = await service.facts()
      if (mine < counts) return
      counts = mine
      take(answer)
    } catch (cause) {
      if (mine >= counts) throw cause
    }
  }

  function take(next: SessionFacts): void {
    // The first answer is no news: all that was asked for before went with the same cookie.
    const other = facts.value !== UNKNOWN && next.user !== facts.value.user
    facts.value = next
    known.value = true
    due = false
    doubts.answered(other)
  }

  /** Who was here is not any more, whether or not the server now says who is. */
  function leave(): void {
    counts = asked + 1
    take({ ...facts.value, user: null, permissions: {} })
  }

  const put = askAgain(client, async () => {
    try {
      await ask()
    } catch (cause) {
      known.value = true
      if (due) throw cause
    }
  })

  function askUntilAnswered(): void {
    due = true
    void put()
  }

  /** Who was here may be gone, and nobody told this page: it asks until it knows, and takes no older answer. */
  function doubt(): void {
    if (!busy.value) counts = asked + 1
    askUntilAnswered()
  }

  /** Asks the server who this is, unless that was asked before: for whatever shows what he may do. Otherwise as {@link check}. */
  const learn = () => (first ??= put())

  /**
   * Asks the server who this is; again by itself until it has said so once, and whenever somebody else may be here. Settles with the first
   * try, and never rejects: while it cannot be asked, this page goes on as before. Before the first answer all wait for that.
   */
  const check = () => (known.value ? put() : learn())

  function rest(): void {
    doubts.rest()
    first = undefined
  }
  const stay = client.onDispose(rest)
  onScopeDispose(() => {
    ended = true
    stay()
    rest()
  })

  async function change(work: () => Promise<void>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    error.value = null
    try {
      await work()
      return true
    } catch (cause) {
      const { message, code } = failureOf(cause)
      error.value = message
      errorCode.value = code
      return false
    } finally {
      busy.value = false
    }
  }

  /** Resolves with whether it worked, and this page knows who is here now; `error` says why not. */
  const signIn = (name: string, password: string) => change(async () => {
    await service.signIn(name, password)
    doubts.changedHere()
    counts = asked + 1
    await ask().catch((cause: unknown) => {
      leave()
      // The server knows him.
      askUntilAnswered()
      throw cause
    })
    if (user.value === null) throw new ApiError('not-kept', NOT_KEPT)
  })

  /** Resolves with whether it worked; `error` says why not. What a visitor may do is learnt afterwards. */
  const signOut = () => change(async () => {
    await service.signOut()
    doubts.changedHere()
    leave()
    void check()
  })

  return {
    user, signInAt, mayCommand, error,
    // Of this moment: no state, which plug-ins keep for the next visit.
    known: computed(() => known.value),
    busy: computed(() => busy.value),
    /** The permanent code of that error; null = it has none. */
    errorCode: computed(() => (error.value === null ? null : errorCode.value)),
    can: reader(can), learn, check, signIn, signOut,
    /** A connection waits for a sign-in: where this page believes in one, it asks who is here, once a minute at most, whoever says so. */
    refused: doubts.refused,
  }
})
