/** A voter's page under the test's hand: what its socket says is what the components are told. */
import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import type { App } from 'vue'
import Voter from '../../../../src/components/Voter.vue'
import { createSupermonLive } from '../../../../src/stores/supermonLive.ts'
import { hello } from '../../../unit/support/frames.ts'
import { pass, scriptedEnv } from '../../../unit/support/scriptedEnv.ts'
import type { ScriptedSocket } from '../../../unit/support/scriptedEnv.ts'

export const NODE = '546056'

export interface Told {
  readonly rssi: number | null
  /** `calibrating`: of a later gateway. */
  readonly state?: 'voting' | 'voted' | 'mix' | 'inactive' | 'calibrating'
  readonly master?: boolean
  readonly order?: number
}

export function stage() {
  const env = scriptedEnv()
  const live = createSupermonLive({ env })
  let seq = 0
  const place = (node: string) => ({ node, epoch: 'e1', seq: (seq += 1), at: Date.now() })
  const socketOf = (node: string) => env.held().find(({ url }) => new URL(url).pathname.endsWith(`/ws/voter/${node}`)) as ScriptedSocket
  const voter = (receivers: Readonly<Record<string, Told>>, over: object = {}) => ({
    reach: 'up', reachReason: null,
    voted: Object.entries(receivers).find(([, { state }]) => state === 'voted')?.[0] ?? null,
    receivers: Object.fromEntries(Object.entries(receivers).map(([name, told], order) => [name, { state: 'voting', master: false, order, ...told }])),
    ...over,
  })
  return {
    env,
    live,
    show: (props: Record<string, unknown> = { nodes: [NODE] }) =>
      mount(Voter, { props, attachTo: document.body, global: { plugins: [createPinia(), { install: (app: App) => { live.install(app) } }] } }),
    /** The voter's socket is there, if it was not, and says this. */
    async say(receivers: Readonly<Record<string, Told>>, over: object = {}, node = NODE) {
      await pass(2)
      const socket = socketOf(node)
      if (socket.readyState === 0) {
        socket.accept()
        socket.say(hello())
      }
      socket.say({ type: 'snapshot', ...place(node), state: voter(receivers, over) })
      await pass(2)
    },
    socketOf,
    end() {
      live.client.dispose()
    },
  }
}
