/** The `session` store: who is at this page, and what he may do. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { SessionService } from '../services/SessionService.ts'
import type { SessionFacts } from '../services/SessionService.ts'
import { useLiveClient } from './client.ts'
import { failureOf } from './failure.ts'
import { reader } from './reader.ts'

const COMMANDS = ['CONNECTUSER', 'MONUSER', 'LMONUSER', 'DISCUSER', 'DTMFUSER']
const UNKNOWN: SessionFacts = { user: null, permissions: {}, signIn: 'none', url: null }

export const useSessionStore = defineStore('session', () => {
  const client = useLiveClient()
  const service = new SessionService(client.api)
  const facts = shallowRef<SessionFacts>(UNKNOWN)
  /** Has the server said who this is? Until then `user` is null for want of knowing. */
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

  /** Asks the server who this is. Never rejects: who cannot be told is a visitor, as far as this page knows. */
  async function check(): Promise<void> {
    const before = facts.value.user
    facts.value = await service.facts().catch(() => facts.value)
    known.value = true
    if (facts.value.user !== before) client.userChanged()
  }

  async function change(work: () => Promise<void>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    error.value = null
    try {
      await work()
      await check()
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

  /** Resolves with whether it worked; `error` says why not. */
  const signIn = (name: string, password: string) => change(() => service.signIn(name, password))
  const signOut = () => change(() => service.signOut())

  return {
    user, known, signInAt, mayCommand, busy, error,
    /** The permanent code of that error; null = it has none. */
    errorCode: computed(() => (error.value === null ? null : errorCode.value)),
    can: reader(can), check, signIn, signOut,
  }
})
