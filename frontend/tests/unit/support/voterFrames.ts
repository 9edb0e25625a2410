/** What a gateway says of a voter with two receivers. */

export const NODE = '546056'
export const place = (seq: number, epoch = 'e1') => ({ node: NODE, epoch, seq, at: Date.now() })
export const snapshot = (seq: number, rssi: number | null, over: object = {}, epoch = 'e1') => ({
  type: 'snapshot', ...place(seq, epoch),
  state: {
    reach: 'up', reachReason: null, voted: 'Ridge',
    receivers: { North: { rssi: 3, state: 'mix', master: false, order: 1 }, Ridge: { rssi, state: 'voted', master: true, order: 0 } }, ...over,
  },
})
export const patch = (seq: number, rssi: number, epoch = 'e1') => ({ type: 'patch', ...place(seq, epoch), patch: { receivers: { Ridge: { rssi } } } })
/** The answer of `nodes/voter/status`. */
export const overHttp = (rssi: number) =>
  Response.json({ success: true, html: '', voters: [{ node: NODE, voted: 'Ridge', receivers: [{ name: 'Ridge', rssi, mix: false, master: true, inactive: false, state: 'voted' }] }] })
