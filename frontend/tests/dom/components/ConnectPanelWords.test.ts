/** Words in the target field of the connect panel: whom they mean is found out, and said, before anything is done. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { A, outcome } from '../support/commandWorld.ts'
import { PanelStage } from '../support/panelStage.ts'

const BAD = '<img src=x onerror=alert(1)>'
const entry = (id: string, callsign = 'WB6NIL', location = 'Los Angeles, CA') => ({ node_id: id, callsign, description: '', location })

describe('words that are no number', () => {
  let stage: PanelStage
  beforeEach(() => { stage = new PanelStage() })
  afterEach(() => stage.close())

  it('that fit one node are acted upon only after it was named', async () => {
    stage.found = [entry('48752')]
    await stage.show()
    await stage.field.setValue('Los Angeles')
    await stage.enter()
    expect(stage.sent).toEqual([])
    expect(stage.dialog.textContent).toContain('546051 will connect to 48752 WB6NIL Los Angeles, CA.')
    await stage.read()
    await stage.press('No')
    expect([stage.sent, stage.field.element.value]).toEqual([[], 'Los Angeles'])
    await stage.press('Monitor')
    expect(stage.dialog.textContent).toContain('546051 will monitor 48752')
    await stage.yes()
    expect([stage.sent, stage.field.element.value]).toEqual([['monitor 546051 48752'], '48752'])
  })

  it('that fit several are to choose from', async () => {
    stage.found = [entry('48752'), entry('48753')]
    await stage.show()
    await stage.field.setValue('Los Angeles')
    await stage.press('Connect')
    expect([stage.sent, stage.dialog.open]).toEqual([[], false])
    expect(stage.result).toBe('“Los Angeles” matches several nodes: choose one.')
    expect([document.activeElement, stage.field.attributes('aria-expanded')]).toEqual([stage.field.element, 'true'])
    await stage.field.trigger('keydown', { key: 'ArrowDown' })
    await stage.field.trigger('keydown', { key: 'ArrowDown' })
    await stage.field.trigger('keydown', { key: 'Enter' })
    expect([stage.field.element.value, stage.sent]).toEqual(['48753', []])
    await stage.enter()
    expect(stage.sent).toEqual(['connect 546051 48753'])
  })

  it('that fit none are refused in words; so are too few of them, and a search that does not work', async () => {
    await stage.show()
    await stage.field.setValue('Atlantis')
    await stage.enter()
    expect(stage.result).toContain('No node matches “Atlantis”')
    expect(stage.field.attributes()).toMatchObject({ 'aria-invalid': 'true', 'aria-describedby': stage.panel.get('[role="status"]').attributes('id') })
    await stage.field.setValue('A')
    expect([stage.result, stage.field.attributes('aria-invalid')]).toEqual(['', 'false'])
    await stage.enter()
    expect(stage.result).toContain('at least two letters')
    stage.world.answers.set('astdb/search', () => Promise.reject(new TypeError('Failed to fetch')))
    await stage.field.setValue('Los Angeles')
    await stage.enter()
    expect(stage.result).toContain('The node list could not be searched')
    // What was written may be right: whoever comes back to the field hears why nothing was done, and not that it is invalid.
    expect([stage.shownAs, stage.field.attributes('aria-invalid')]).toEqual(['refused', 'false'])
    expect(stage.field.attributes('aria-describedby')).toBe(stage.panel.get('[role="status"]').attributes('id'))
    expect(stage.sent).toEqual([])
  })

  it('have no say any more once others stand there: nothing is offered for them, and what is said of the others stays', async () => {
    const answer = stage.world.hold('astdb/search')
    await stage.show()
    await stage.field.setValue('Los Angeles')
    await stage.press('Monitor')
    await stage.field.setValue('A')
    await stage.press('Monitor')
    const button = stage.panel.get<HTMLElement>('[data-action="monitor"]').element
    button.focus()
    answer(Response.json({ success: true, data: { results: [entry('48752'), entry('48753')] } }))
    await stage.world.settle()
    expect(stage.result).toContain('at least two letters')
    expect([stage.field.attributes('aria-expanded'), stage.dialog.open, stage.sent]).toEqual(['false', false, []])
    expect(document.activeElement).toBe(button)
  })

  it('for a disconnect are looked for among the links', async () => {
    stage.found = [entry('2000')]
    await stage.show()
    stage.world.gateway.node(A).connect('48752', { callsign: 'WB6NIL', location: 'Los Angeles, CA' })
    await stage.world.settle()
    await stage.field.setValue('Atlantis')
    await stage.press('Disconnect')
    expect(stage.result).toBe('No link of 546051 matches “Atlantis”.')
    await stage.field.setValue('angeles')
    await stage.press('Disconnect')
    expect(stage.dialog.textContent).toContain('546051 will disconnect from 48752 WB6NIL Los Angeles, CA.')
    await stage.yes()
    expect(stage.sent).toEqual(['disconnect 546051 48752'])
  })

  it('from strangers stay text in list, question and result', async () => {
    stage.found = [entry('48752', BAD, BAD)]
    await stage.show()
    await stage.field.setValue('img')
    await stage.world.pass(300)
    expect(stage.panel.get('[role="option"]').text()).toContain(BAD)
    await stage.enter()
    expect(stage.dialog.textContent).toContain(BAD)
    stage.world.answers.set('nodes/connect', () => outcome(409, 'refused', BAD))
    await stage.yes()
    expect(stage.result).toBe(`Refused. ${BAD}`)
    expect(stage.panel.find('img').exists()).toBe(false)
  })
})
