import type { Channel, ChannelOptions } from './channel.ts'
import type { Line, LineEnd } from './line.ts'

/** A line with a socket of its own: simple, and one that fails touches no other. */
export function openOwnLine(end: LineEnd, openChannel: (options: Pick<ChannelOptions, 'node' | 'onState' | 'onFrame'>) => Channel): Line {
  const channel = openChannel({
    node: end.nodeId,
    onState: (state) => { end.onState(state) },
    onFrame: (frame) => { end.onFrame(frame) },
  })
  return {
    get state() {
      return channel.state
    },
    // What comes on this socket reaches the node itself.
    heardAt: null,
    get vouches() {
      return channel.speaksV2
    },
    resync: () => channel.send({ type: 'resync', node: end.nodeId }),
    retry: (why) => { channel.dispatch({ type: why }) },
    close: () => { channel.dispatch({ type: 'disconnect' }) },
  }
}
