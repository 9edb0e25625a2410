import { ErrorCode, OpenFeatureEventEmitter, ProviderEvents, StandardResolutionReasons } from '@openfeature/web-sdk'
import type { EvaluationContext, JsonValue, Provider, ResolutionDetails } from '@openfeature/web-sdk'
import { FLAG } from '../../../../protocol/rollout.ts'
import type { Why } from './decide.ts'
import type { FlagSource } from './flagSource.ts'

/** The flag's key for one node, e.g. `realtime.546051`. Evaluation contexts of the web SDK belong to a domain and not to a question. */
export function keyOfNode(node: string): string {
  return `${FLAG}.${node}`
}

const REASON: Record<Why, string> = {
  disabled: StandardResolutionReasons.DISABLED,
  override: StandardResolutionReasons.TARGETING_MATCH,
  version: StandardResolutionReasons.TARGETING_MATCH,
  listed: StandardResolutionReasons.TARGETING_MATCH,
  node: StandardResolutionReasons.TARGETING_MATCH,
  bucket: StandardResolutionReasons.SPLIT,
}

/**
 * OpenFeature's provider over the gateway's flag: `realtime` for the page, `realtime.<node>` for one node of it (or `node` in the
 * evaluation context). Ready with the first answer, or with the one that this browser remembers; in error while there is neither,
 * which means off. Knows no other flag.
 */
export class RealtimeProvider implements Provider {
  readonly metadata = { name: 'supermon-live' } as const
  readonly runsOn = 'client'
  readonly domainScoped = true
  readonly events = new OpenFeatureEventEmitter()
  readonly #source: FlagSource
  readonly #off: () => void
  #failed = false

  constructor(source: FlagSource) {
    this.#source = source
    this.#off = source.onChange(() => { this.#onChange() })
  }

  /** @throws when there was no answer in time and none is remembered; a later one makes it ready */
  async initialize(): Promise<void> {
    await this.#source.settled
    if (this.#source.flag !== null) return
    this.#failed = true
    throw new Error('The gateway does not tell its flag. The page polls until it does.')
  }

  /** Is this the provider of that source? */
  isOver(source: FlagSource): boolean {
    return this.#source === source
  }

  /** The source goes on: it is its owner's. */
  onClose(): Promise<void> {
    this.#off()
    return Promise.resolve()
  }

  resolveBooleanEvaluation(flagKey: string, defaultValue: boolean, context: EvaluationContext): ResolutionDetails<boolean> {
    const node = nodeOf(flagKey, context)
    if (node === undefined) return unknown(flagKey, defaultValue)
    const decision = this.#source.decide(node)
    if (decision === null) return { value: false, reason: StandardResolutionReasons.DEFAULT }
    const { on, why } = decision
    return {
      value: on,
      variant: on ? 'on' : 'off',
      reason: this.#source.isFresh ? REASON[why] : StandardResolutionReasons.CACHED,
      flagMetadata: { why, revision: this.#source.flag?.revision ?? '', percent: this.#source.flag?.percent ?? 0 },
    }
  }

  resolveStringEvaluation(flagKey: string, defaultValue: string): ResolutionDetails<string> {
    return unknown(flagKey, defaultValue)
  }

  resolveNumberEvaluation(flagKey: string, defaultValue: number): ResolutionDetails<number> {
    return unknown(flagKey, defaultValue)
  }

  resolveObjectEvaluation<T extends JsonValue>(flagKey: string, defaultValue: T): ResolutionDetails<T> {
    return unknown(flagKey, defaultValue)
  }

  #onChange(): void {
    if (this.#source.flag === null) return
    if (this.#failed) {
      this.#failed = false
      this.events.emit(ProviderEvents.Ready)
    }
    this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged: [FLAG] })
  }
}

/** null = the page as a whole; undefined = this is not our flag. */
function nodeOf(flagKey: string, context: EvaluationContext): string | null | undefined {
  if (flagKey === FLAG) return typeof context['node'] === 'string' ? context['node'] : null
  return flagKey.startsWith(keyOfNode('')) ? flagKey.slice(FLAG.length + 1) : undefined
}

function unknown<T>(flagKey: string, defaultValue: T): ResolutionDetails<T> {
  return {
    value: defaultValue, reason: StandardResolutionReasons.ERROR, errorCode: ErrorCode.FLAG_NOT_FOUND,
    errorMessage: `The gateway has no flag ${flagKey} of this type, only the boolean ${FLAG}.`,
  }
}
