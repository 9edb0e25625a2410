/**
 * Why a page doubts that it knows who is at it: nothing tells of a session that ended, or began, elsewhere than here, so this listens to what
 * goes with it. And the other way: it tells the client of another user, unless the client told of him.
 */
import type { TimerHandle } from '../env/env.ts'
import { wantsSignIn } from '../services/connectionState.ts'
import type { StatusObserver } from '../services/gatewayApi.ts'
import type { LiveClient } from '../services/liveClient.ts'
import type { SocketObserver } from '../services/nodeEvents.ts'
import type { SessionFacts } from '../services/SessionService.ts'

/** While connections wait for a sign-in that this page believes in, it asks again who is here at most so often, ms. */
const DOUBT_MS = 60_000
/** A gateway that asks elsewhere who is here knows a sign-out there after this, ms. */
const ELSEWHERE_MS = 6_000

export interface SessionDoubts {
  /** From now on; a second time changes nothing. */
  listen(this: void): void
  rest(this: void): void
  /** A connection waits for a sign-in. */
  refused(this: void): void
  /** Somebody signed in or out here: the client is told with the next answer, whatever that is. */
  changedHere(this: void): void
  /** It is known who is here; is he another one than before? */
  answered(this: void, isAnother: boolean): void
}

/**
 * @param facts what the page believes
 * @param doubt told of each doubt
 */
export function sessionDoubts(client: LiveClient, facts: { readonly value: SessionFacts }, doubt: () => void): SessionDoubts {
  const { env, api, sockets, userObservers } = client
  const live = new Set<string | null>()
  /** Their server, or the way to it, went. */
  const lost = new Set<string | null>()
  /** Polls without an answer so far, by their first node. */
  const open = new Set<string | undefined>()
  let failed = false
  let refusedAt = -DOUBT_MS
  let again: TimerHandle
  /** Empty = it does not listen. */
  let offs: (() => void)[] = []
  /** Which answer is the client told of next? One of another user; `any`; `none`, as it told of that change itself. `now`: it is being told. */
  let tells: 'another' | 'any' | 'none' | 'now' = 'another'

  const onUser = () => {
    if (tells === 'now') return
    if (tells === 'another') tells = 'none'
    doubt()
  }
  const onSeen = () => {
    doubt()
    env.clearTimeout(again)
    if (facts.value.signIn === 'elsewhere') again = env.setTimeout(doubt, ELSEWHERE_MS)
  }
  const refused = () => {
    if (facts.value.user === null) return
    const now = env.now()
    if (now - refusedAt < DOUBT_MS) return
    refusedAt = now
    doubt()
  }
  const onSocket: SocketObserver = (node, news) => {
    if ('type' in news) return
    if (wantsSignIn(news)) refused()
    if (news.status === 'live') {
      live.add(node)
      if (lost.has(node)) onReturn()
    } else if (live.delete(node) && news.status === 'waiting') lost.add(node)
  }
  const onPoll: StatusObserver = (answer, [first]) => {
    if (answer === null) {
      failed ||= open.has(first)
      open.add(first)
    } else {
      open.delete(first)
      if (failed) onReturn()
    }
  }
  /** Sessions end with the server's process, and where strangers may read it goes on as for one of them. Once for all nodes. */
  const onReturn = () => {
    lost.clear()
    failed = false
    // Whoever comes back to a page doubts anyway.
    if (facts.value.user !== null && env.page.visible()) doubt()
  }

  return {
    refused,
    listen() {
      if (offs.length > 0) return
      userObservers.add(onUser)
      sockets.observers.add(onSocket)
      api.statusObservers.add(onPoll)
      offs = [
        () => { userObservers.delete(onUser) },
        () => { sockets.observers.delete(onSocket) },
        () => { api.statusObservers.delete(onPoll) },
        // Where strangers may read, nothing else tells of a session that ended, or began, on another tab.
        env.page.listen((signal) => { if (signal === 'visible') onSeen() }),
        () => { env.clearTimeout(again) },
      ]
    },
    rest() {
      for (const off of offs.splice(0)) off()
    },
    changedHere() { tells = 'any' },
    answered(isAnother) {
      // The first refusal of somebody else is news, however soon.
      if (isAnother) refusedAt = -DOUBT_MS
      const isNews = tells === 'any' || (isAnother && tells === 'another')
      tells = 'now'
      if (isNews) client.userChanged()
      tells = 'another'
    },
  }
}
