/** The server's frames as tests say them, with what a test is not about filled in. */
import { EMPTY_LINK, EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import type { LinkState } from '../../../../protocol/nodeState.ts'

export const hello = (over: object = {}) => ({
  type: 'hello',
  at: Date.now(),
  beatMs: 20_000,
  server: { name: 'test', version: '0' },
  limits: { messageBytes: 16_384, nodes: 200 },
  features: [],
  ...over,
})

/** An idle node whose Asterisk answers, but for `state`. */
export const snapshot = (node: string, state: object = {}, place: { epoch?: string; seq?: number } = {}) => ({
  type: 'snapshot',
  node,
  epoch: 'e1',
  seq: 1,
  at: Date.now(),
  state: { ...EMPTY_NODE, reach: 'up', rx: false, tx: false, ...state },
  ...place,
})

export const patch = (node: string, seq: number, change: object, epoch = 'e1') => ({
  type: 'patch', node, epoch, seq, at: Date.now(), patch: change,
})

/** An established link that is silent, but for `over`. */
export const link = (over: Partial<LinkState> = {}): LinkState => ({
  ...EMPTY_LINK, state: 'established', mode: 'transceive', keyed: false, ...over,
})
