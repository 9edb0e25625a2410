/** How a voter is kept current, as words and a shape. Pure: what goes in is all they depend on. */
import type { VoterUpdate } from '../../services/VoterService.ts'
import type { Shape } from '../shapes.ts'
import { words } from '../words.ts'

export interface VoterFact {
  readonly shape: Shape
  readonly tone: 'calm' | 'busy' | 'bad'
  readonly text: string
}

type Way = Pick<VoterUpdate, 'transport' | 'error' | 'code' | 'stale' | 'at'>

export function voterFact({ transport, error, code, stale, at }: Way): VoterFact {
  const { voter } = words
  if (error !== null && code === 'ami-connecting') return { shape: 'busy', tone: 'busy', text: error }
  if (error !== null) return { shape: 'bad', tone: 'bad', text: error }
  if (stale) return { shape: 'bad', tone: 'bad', text: voter.lost }
  if (transport === 'polling') return { shape: 'wait', tone: 'busy', text: voter.polling }
  // A socket that is gone for a moment is not worth a word.
  if (transport === 'socket' || at !== null) return { shape: 'ok', tone: 'calm', text: voter.live }
  return { shape: 'busy', tone: 'busy', text: voter.connecting }
}
