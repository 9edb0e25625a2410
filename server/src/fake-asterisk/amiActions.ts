/** What the server answers to which action (manager.c `process_message` and the `action_` functions). */
import type { Account, Accounts } from './accounts.ts'
import { fullyBooted } from './amiEvents.ts'
import type { AmiRequest } from './amiRequest.ts'
import type { AmiSession } from './amiSession.ts'
import { runCli } from './cliCommands.ts'
import type { CliWorld } from './cliCommands.ts'
import { commandAction } from './commandAction.ts'
import { ALL, classBit, parseMask } from './eventMask.ts'
import { parseFilter } from './eventFilter.ts'
import { failure, respond, success } from './reply.ts'
import type { Reply } from './reply.ts'
import { rptLocalNodes, rptStatus } from './rptStatus.ts'
import { voterStatus } from './voterStatus.ts'

export interface ActionWorld extends CliWorld {
  readonly accounts: Accounts
  /** Digits for the next challenge. */
  readonly challenge: () => string
}

/** Actions that need a class in `write=`. All others are free for whoever is logged in. */
const RIGHTS: Readonly<Record<string, string>> = { command: 'command', filter: 'system' }

export function answer(request: AmiRequest, session: AmiSession, world: ActionWorld): Reply {
  const old = world.knobs().dialect === 'asl2'
  if (request.malformed !== null) return failure(request, request.malformed)
  const name = request.get('Action')
  if (name === '') return failure(request, 'Missing action in request')
  const action = name.toLowerCase()
  if (action === 'login') return login(request, session, world)
  if (action === 'challenge') return challenge(request, session, world)
  if (action === 'logoff') return logoff(request, session, old)
  if (session.account === null) return failure(request, old ? 'Authentication Required' : 'Permission denied')
  const right = RIGHTS[action]
  if (right !== undefined && (session.account.write & classBit(right)) === 0)
    return failure(request, 'Permission denied')
  switch (action) {
    case 'ping':
      return ping(request, world)
    case 'events':
      return events(request, session, old)
    case 'filter':
      return filter(request, session)
    case 'rptstatus':
      return rptStatus(request, world.server, world.knobs())
    case 'rptlocalnodes':
      return rptLocalNodes(world.server)
    case 'voterstatus':
      if (world.server.voters.size > 0 || world.knobs().voterReplyEmpty) {
        return voterStatus(request, world.server, world.knobs())
      }
      break
    case 'command':
      return commandAction(request, (line) => runCli(line, world), world.knobs())
    default:
  }
  return failure(
    request,
    old
      ? 'Invalid/unknown command'
      : `Invalid/unknown command: ${name}. Use Action: ListCommands to show available commands.`,
  )
}

function login(request: AmiRequest, session: AmiSession, world: ActionWorld): Reply {
  const { dialect, badLoginDelayMs } = world.knobs()
  if (session.account !== null) {
    return success(request, `Message: Already ${dialect === 'asl2' ? 'logged in' : 'authenticated'}`)
  }
  const account = authenticate(request, session, world.accounts)
  if (account === null) {
    return { ...failure(request, 'Authentication failed'), delayMs: badLoginDelayMs, close: true }
  }
  // Without an Events header a session gets all that it may read.
  const mask = parseMask(request.get('Events')) ?? ALL
  return {
    ...success(request, 'Message: Authentication accepted'),
    then: () => {
      session.login(account, mask)
      const uptime = Math.floor((world.server.clock.now() - world.server.startedAt) / 1_000)
      if (dialect === 'asterisk') session.offer('system', fullyBooted(uptime))
    },
  }
}

function authenticate(request: AmiRequest, session: AmiSession, accounts: Accounts): Account | null {
  const name = request.get('Username')
  if (request.get('AuthType').toUpperCase() === 'MD5') {
    return accounts.withKey(name, session.challenge, request.get('Key'))
  }
  return accounts.withSecret(name, request.get('Secret'))
}

function challenge(request: AmiRequest, session: AmiSession, world: ActionWorld): Reply {
  if (request.get('AuthType').toUpperCase() !== 'MD5') return failure(request, 'Must specify AuthType')
  session.challenge = world.challenge()
  return success(request, `Challenge: ${session.challenge}`)
}

function logoff(request: AmiRequest, session: AmiSession, old: boolean): Reply {
  if (old && session.account === null) return { ...success(request, 'Message: See ya'), close: true }
  return { ...respond(request, 'Goodbye', ['Message: Thanks for all the fish.']), close: true }
}

function ping(request: AmiRequest, world: ActionWorld): Reply {
  if (world.knobs().dialect === 'asl2') return respond(request, 'Pong', [])
  const now = world.server.clock.now()
  const micros = String(Math.floor(now % 1_000) * 1_000).padStart(6, '0')
  return success(request, 'Ping: Pong', `Timestamp: ${Math.floor(now / 1_000)}.${micros}`)
}

function events(request: AmiRequest, session: AmiSession, old: boolean): Reply {
  const mask = parseMask(request.get('EventMask'))
  // Asterisk 1.4 says nothing at all to an empty mask.
  if (mask === null) return old ? { pieces: [] } : failure(request, 'Invalid event mask')
  session.mask = mask
  const state = mask === 0 ? 'Off' : 'On'
  return old ? respond(request, `Events ${state}`, []) : success(request, `Events: ${state}`)
}

function filter(request: AmiRequest, session: AmiSession): Reply {
  if (request.get('Operation').toLowerCase() !== 'add') return failure(request, 'Unknown operation')
  const parsed = parseFilter(request.get('Filter'))
  if (parsed === null) return failure(request, 'Filter did not compile.  Check the syntax of the filter given.')
  session.filters.push(parsed)
  return success(request, 'Message: Success')
}
