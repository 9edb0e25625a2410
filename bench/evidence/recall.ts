import { recall } from './record.ts'
import type { Records } from './render.ts'

/** All that was measured so far. */
export function recallAll(): Records {
  return {
    browsers: recall('browsers'), faults: recall('faults'), gateway: recall('gateway'), radio: recall('radio'), screen: recall('screen'), page: recall('page'), start: recall('start'),
    rollout: recall('rollout'), fleet: recall('fleet'), 'sign-in': recall('sign-in'),
  }
}
