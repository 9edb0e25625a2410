import type { IncomingMessage } from 'node:http'
import { AddressPace } from '../env/addressPace.ts'
import type { Clock } from '../env/clock.ts'
import type { Proxies } from '../env/visitor.ts'
import { paceLimit, requestAllowances } from '../gateway/limits.ts'
import type { Limits } from '../gateway/limits.ts'
import type { Meter } from '../gateway/meter.ts'

export interface RequestPaceOptions {
  readonly clock: Clock
  readonly limits: Limits
  readonly proxies: Proxies
  readonly meter: Pick<Meter, 'refused'>
}

/** Counts one request of whoever sends it. Returns how long he has to wait first, ms; 0 = go on. */
export type RequestPace = (request: IncomingMessage) => number

export function createRequestPace({ clock, limits, proxies, meter }: RequestPaceOptions): RequestPace {
  const pace = new AddressPace(clock, ...requestAllowances(limits))
  return (request) => {
    const { address, crowd } = proxies.visitorOfRequest(request)
    const waitMs = pace.take(address, crowd)
    if (waitMs > 0) meter.refused(paceLimit('requestsPerMinute', crowd), 429)
    return waitMs
  }
}
