/** A page over a gateway that is of a later version: a front that was updated first, or a page that has been open since before the update. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Diagnostic } from '../../../src/services/diagnostics.ts'
import { WebSocketService } from '../../../src/services/WebSocketService.ts'
import { hello, link, patch, snapshot } from '../support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../support/scriptedEnv.ts'

const NODE = '546051'

describe('T-5 a word that this page does not know', () => {
  let env: ScriptedEnv
  let service: WebSocketService
  let socket: ScriptedSocket
  let diagnostics: Diagnostic[]

  beforeEach(async () => {
    holdTime()
    env = scriptedEnv()
    diagnostics = []
    service = new WebSocketService({ env, onDiagnostic: (each) => diagnostics.push(each) })
    void service.connectToNode(NODE)
    await pass(1)
    socket = env.last()
    socket.accept()
    socket.say(hello())
  })
  afterEach(() => {
    service.dispose()
    vi.useRealTimers()
  })

  it.each([
    ["a link's state", { links: { 2000: { ...link(), state: 'retrying' } } }, { links: { 2000: { ...link(), state: 'connecting' } } }],
    ["a link's mode", { links: { 2000: { ...link(), mode: 'duplex' } } }, { links: { 2000: { ...link(), mode: null } } }],
    ["a link's kind", { links: { 2000: { ...link(), kind: 'm17' } } }, { links: { 2000: { ...link(), kind: 'unknown' } } }],
    ["a link's direction", { links: { 2000: { ...link(), direction: 'both' } } }, { links: { 2000: { ...link(), direction: null } } }],
    ['a mode farther away', { indirect: { total: 2, more: false, nodes: { 2001: 'relayed', 2002: 'monitor' } } }, { indirect: { total: 2, more: false, nodes: { 2001: 'transceive', 2002: 'monitor' } } }],
    ['reach', { reach: 'degraded' }, { reach: 'unknown' }],
    ['why it is not reached', { reach: 'down', reachReason: { code: 'ami-tls', message: 'x' } }, { reach: 'down', reachReason: { code: 'other', message: 'x' } }],
    ['the level of an alert', { telemetry: { alerts: [{ text: 'x', level: 'fatal', url: null }] } }, { telemetry: { alerts: [{ text: 'x', level: 'normal', url: null }] } }],
  ])('in %s costs no more than that: the node is shown', (_what, said, shown) => {
    socket.say(snapshot(NODE, { callsign: 'W5GLE', ...said }))
    expect(service.currentState(NODE)).toMatchObject({ callsign: 'W5GLE', rx: false, ...shown })
    expect(diagnostics).toEqual([])
  })

  it('in a change does not hold the node up, and nothing is asked for again', () => {
    socket.say(snapshot(NODE, { links: { 2000: link() } }))
    socket.say(patch(NODE, 2, { links: { 2001: { ...link(), state: 'retrying' } } }))
    socket.say(patch(NODE, 3, { rx: true, links: { 2000: { keyed: true, state: 'stalling' } } }))
    // That a link is dialled now, nobody said.
    expect(service.currentState(NODE)).toMatchObject({ rx: true, links: { 2000: { state: 'established', keyed: true }, 2001: { state: 'connecting' } } })
    expect([socket.frames(), diagnostics]).toEqual([[], []])
  })
})
