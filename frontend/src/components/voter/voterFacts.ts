/** How a voter is kept current, as words and a shape. Pure: what goes in is all they depend on. */
import type { VoterUpdate } from '../../services/VoterService.ts'
import type { Shape } from '../shapes.ts'
import { inOwnWords, words } from '../words.ts'
import type { Said } from '../words.ts'

export interface VoterFact extends Said {
  readonly shape: Shape
  readonly tone: 'calm' | 'busy' | 'bad'
}

type Way = Pick<VoterUpdate, 'transport' | 'error' | 'code' | 'stale' | 'at' | 'connection'>

export function voterFact({ transport, error, code, stale, at, connection }: Way): VoterFact {
  const { voter, reason } = words
  if (error !== null) {
    const paused = transport === 'none' && connection.status === 'paused'
    const why = paused ? { text: reason.socket(connection.reason) } : inOwnWords(reason.voter(code, error), error)
    return code === 'ami-connecting' ? { shape: 'busy', tone: 'busy', ...why } : { shape: 'bad', tone: 'bad', ...why }
  }
  if (stale) return { shape: 'bad', tone: 'bad', text: voter.lost }
  if (transport === 'polling') return { shape: 'wait', tone: 'busy', text: voter.polling }
  // A socket that is gone for a moment is not worth a word.
  if (transport === 'socket' || at !== null) return { shape: 'ok', tone: 'calm', text: voter.live }
  return { shape: 'busy', tone: 'busy', text: voter.connecting }
}
