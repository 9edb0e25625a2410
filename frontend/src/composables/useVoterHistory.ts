import { readonly, shallowReadonly, shallowRef, watch } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import type { VoterUpdate } from '../services/voterWatch.ts'
import { useLiveClient } from '../stores/client.ts'
import { SignalHistory } from './signalHistory.ts'
import type { SignalStep } from './signalHistory.ts'
import { whileInUse } from './whileInUse.ts'

export type { SignalStep } from './signalHistory.ts'

export interface VoterHistory {
  /** The end of the minute that is shown, this browser's ms. Moves once a second: a line that crawls tells no more. */
  readonly now: Readonly<Ref<number>>
  /** By receiver: what it heard in the minute before `now`. */
  readonly signals: Readonly<ShallowRef<ReadonlyMap<string, readonly SignalStep[]>>>
}

/** The last minute of each receiver of a voter, from the moment on that it is shown. What nobody told in between is a gap. */
export function useVoterHistory(update: Readonly<Ref<VoterUpdate>>): VoterHistory {
  const client = useLiveClient()
  const history = new SignalHistory()
  const now = shallowRef(client.env.now())
  const signals = shallowRef<ReadonlyMap<string, readonly SignalStep[]>>(new Map())
  const show = () => {
    now.value = client.env.now()
    signals.value = new Map(history.names.map((name) => [name, history.steps(name, now.value)]))
  }
  watch(update, ({ voters, at, stale, transport }) => {
    const receivers = voters.flatMap((voter) => voter.receivers)
    const known = history.names.length
    if (at === null) history.clear()
    else if (stale || transport === 'none') history.lose(client.env.now())
    else history.record(receivers, client.env.now())
    if (history.names.length !== known) show()
  }, { immediate: true })
  whileInUse(client, () => client.ticker.watch(show))
  return { now: readonly(now), signals: shallowReadonly(signals) }
}
