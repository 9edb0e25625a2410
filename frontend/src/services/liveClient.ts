import { LiveCore } from './liveCore.ts'
import type { LiveClientOptions } from './liveCore.ts'
import { SocketsOnly } from './socketsOnly.ts'
import { TransportLadder } from './TransportLadder.ts'

export type { LiveClientOptions } from './liveCore.ts'

/** Everything one page holds towards one gateway, with polling where a socket does not serve, unless that is not wanted. */
export class LiveClient extends LiveCore {
  constructor(options: LiveClientOptions) {
    super(options, (parts) => (options.fallback === false ? new SocketsOnly(parts) : new TransportLadder(parts)))
  }
}
