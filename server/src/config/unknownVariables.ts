/** Variables that look like ours and are not: whoever mistypes the one with the accounts must not get a gateway that lets everybody in. */
import { OPTION_VARIABLES } from './options.ts'
import { fail, show } from './optionValues.ts'
import { SETTINGS_VARIABLE } from './settingsFile.ts'
import type { Variables } from './settingsFile.ts'
import { isSlipOf } from './slip.ts'

const PREFIX = 'SUPERMON_LIVE_'
/** The gateway takes no notice of the last three: the command `rollout` reads one, `npm run dev` and `npm run test:deploy` the others. */
const KNOWN = [...OPTION_VARIABLES.values(), SETTINGS_VARIABLE, 'SUPERMON_LIVE_URL', 'SUPERMON_LIVE_DEV_GATEWAY', 'SUPERMON_LIVE_SUITE']
/** What Kubernetes and Docker tell a container of services that are called like us: `SUPERMON_LIVE_SERVICE_HOST`, `SUPERMON_LIVE_PORT_8105_TCP_ADDR`. */
const OF_CONTAINERS = /_SERVICE_(?:HOST|PORT)(?:_|$)|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_|$)/

/** The environment without those: of a service that is called `supermon-live`, `SUPERMON_LIVE_PORT` is `tcp://10.0.0.9:8105`, and no port to listen on. */
export function withoutServices(env: Variables): Variables {
  return Object.fromEntries(Object.entries(env).filter(([name, value = '']) => !name.startsWith(PREFIX) || !ofContainers(name, value)))
}

/**
 * @param env without services
 * @throws UsageError for the first that says something and is not known, as for an argument
 */
export function refuseUnknownVariables(env: Variables): void {
  for (const [name, value = ''] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || value.trim() === '' || KNOWN.includes(name)) continue
    const meant = KNOWN.find((known) => isSlipOf(name, known))
    // Its value is not shown: it may be a password.
    fail(`unknown variable ${show(name)}`, `${meant === undefined ? '' : `write ${meant}, or `}take it out of the environment; see --help for all`)
  }
}

function ofContainers(name: string, value: string): boolean {
  return OF_CONTAINERS.test(name) || (name.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(value))
}
