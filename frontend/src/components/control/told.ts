import type { CommandState } from '../../stores/commands.ts'
import { newsOf } from '../announce/happenings.ts'
import { inOwnWords, words } from '../words.ts'
import type { Told } from '../words.ts'

/**
 * What came of a command, or that it is on its way.
 * @param remote null = it was for the node as a whole
 */
export function told(state: CommandState, local: string, remote: string | null): Told {
  const target = remote ?? ''
  if (state.phase === 'asking') return { head: '', text: words.control.asking(words.control.action[state.action], target) }
  const said = { head: words.control.outcome[state.phase], ...inOwnWords(words.control.result(state, local, target), state.message) }
  // A link that it made, or ended, will be seen to be there, or gone.
  return state.phase === 'done' && remote !== null ? { ...said, news: newsOf(state.action === 'disconnect' ? 'unlinked' : 'linked', local, remote) } : said
}
