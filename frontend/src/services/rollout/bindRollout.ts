/** Sockets by a feature flag: what an OpenFeature client says of `realtime` holds for the page's connections. */
import { NOOP_PROVIDER, OpenFeature, ProviderEvents, ProviderStatus } from '@openfeature/web-sdk'
import type { Client } from '@openfeature/web-sdk'
import { FLAG } from '../../../../protocol/rollout.ts'
import { browserRolloutEnv } from '../../env/rolloutEnv.ts'
import type { RolloutEnv } from '../../env/rolloutEnv.ts'
import type { LiveClient } from '../liveClient.ts'
import { FIRST_ANSWER_MS, FlagSource } from './flagSource.ts'
import { FigureBook } from './figures.ts'
import { keyOfNode, RealtimeProvider } from './RealtimeProvider.ts'
import { Shadow } from './shadow.ts'

/** Our part of the page's OpenFeature: the page's own default provider is left alone. */
export const DOMAIN = 'supermon-live'

export interface RolloutOptions {
  /**
   * The OpenFeature client to follow. Default: one on the domain, with a provider that reads the gateway's flag. Another provider
   * may be set on that domain at any time instead.
   */
  readonly client?: Client
  /** For a second gateway on one page. Default `supermon-live`. Without effect where `client` is given. */
  readonly domain?: string
  /** The version that the flag's `minVersion` is compared with. Default: this package's. */
  readonly version?: string
  /** Tell the gateway how this page fares, without names and addresses (docs/library.md says what). Default true. */
  readonly figures?: boolean
  /** Another outside world; for tests. */
  readonly env?: RolloutEnv
}

export interface Rollout {
  /** The gateway's flag as this page knows it, whoever decides. */
  readonly source: FlagSource
  /** Settles when it is decided whether the page holds sockets; never rejects, and takes 2.5 s at most. */
  readonly decided: Promise<void>
  /** Ends it: the last decision stays. */
  stop(): void
}

const NEWS = [ProviderEvents.Ready, ProviderEvents.ConfigurationChanged, ProviderEvents.ContextChanged, ProviderEvents.Error] as const

/**
 * Call it before anything is watched: nothing is opened until the flag is known, and without an answer within 2.5 s the page polls.
 * The flag may differ from node to node (`realtime.<node>`); a provider that does not know a node means the page's own.
 * Ends with `live.client`.
 */
export function bindRollout(live: { readonly client: LiveClient }, options: RolloutOptions = {}): Rollout {
  const { client: page } = live
  const { domain = DOMAIN, env = browserRolloutEnv() } = options
  const { sockets } = page
  sockets.setFlag(null)
  const source = new FlagSource({ client: page, memory: env, ...(options.version === undefined ? {} : { version: options.version }) })
  const flags = options.client ?? clientOf(domain, new RealtimeProvider(source))
  let decide: () => void = () => undefined
  const decided = new Promise<void>((resolve) => { decide = resolve })

  const figures = options.figures === false ? null : new FigureBook({ client: page, env })
  const shadow = figures === null ? null : new Shadow({
    client: page,
    isIn: () => source.compares,
    onCompared: () => { figures.compared(1) },
    onMismatch: (field, example) => { figures.mismatch(field, example) },
  })
  let waits = true
  let stopped = false
  const apply = () => {
    // A flag that changes while its provider is made ready would read as its default.
    if (stopped || (waits && !isReady(flags))) return
    const rule = ruleOf(flags)
    const forPage = rule(null)
    if (source.flag !== null && source.isThere) {
      figures?.setSegment({ group: forPage ? 'on' : 'off', percent: source.flag.percent }, (node) => rule(node) !== forPage)
    } else if (source.flag !== null) {
      // Each gateway of ours has one; a server that has none takes no figures either.
      sockets.heardSupermonNg()
    }
    sockets.suggestTopology(source.flag?.topology ?? null)
    sockets.setFlag(rule)
    shadow?.review()
    decide()
  }
  // The SDK says that a provider is ready just before it asks that one.
  const follow = () => void Promise.resolve().then(apply)
  for (const event of NEWS) flags.addHandler(event, follow)
  const offSource = source.onChange(follow)
  const late = page.env.setTimeout(() => {
    waits = false
    follow()
  }, FIRST_ANSWER_MS)

  const stop = () => {
    stopped = true
    offEnd()
    offSource()
    shadow?.dispose()
    figures?.dispose()
    page.env.clearTimeout(late)
    for (const event of NEWS) flags.removeHandler(event, follow)
    source.dispose()
    const provider = OpenFeature.getProvider(domain)
    if (options.client === undefined && provider instanceof RealtimeProvider && provider.isOver(source)) OpenFeature.setProvider(domain, NOOP_PROVIDER)
    decide()
  }
  const offEnd = page.onDispose(stop)
  return { source, decided, stop }
}

function clientOf(domain: string, provider: RealtimeProvider): Client {
  // What it cannot be initialized for is in its events, and no news for the console.
  OpenFeature.setProviderAndWait(domain, provider).catch(() => undefined)
  return OpenFeature.getClient(domain)
}

const isReady = (flags: Client) => flags.providerStatus !== ProviderStatus.NOT_READY

/** Asked once for each node, until there is news. */
function ruleOf(flags: Client): (node: string | null) => boolean {
  const forPage = flags.getBooleanValue(FLAG, false)
  const known = new Map<string, boolean>()
  return (node) => {
    if (node === null) return forPage
    const held = known.get(node) ?? flags.getBooleanValue(keyOfNode(node), forPage)
    known.set(node, held)
    return held
  }
}
