/** The connect panel on a page, and what a person does to it. */
import type { DOMWrapper, VueWrapper } from '@vue/test-utils'
import { expect } from 'vitest'
import ConnectPanel from '../../../src/components/ConnectPanel.vue'
import { A, B, CommandWorld } from './commandWorld.ts'

export class PanelStage {
  readonly world = new CommandWorld()
  /** What the server finds in its node list. */
  found: object[] = []
  panel!: VueWrapper

  constructor() {
    this.world.answers.set('astdb/search', () => Response.json({ success: true, data: { results: this.found } }))
  }

  async show(props: Record<string, unknown> = {}): Promise<void> {
    this.panel = this.world.mount(ConnectPanel, { nodes: [A, B], ...props })
    await this.world.ready()
  }

  /** The panel leaves nothing behind. */
  async close(): Promise<void> {
    this.panel.unmount()
    this.world.dispose()
    await this.world.settle()
    expect(this.world.gateway.clock.pending).toBe(0)
  }

  button(name: string): DOMWrapper<HTMLButtonElement> {
    const [one, another] = this.panel.findAll('button').filter((each) => each.text() === name && (each.element.closest('dialog')?.open ?? true))
    if (one === undefined || another !== undefined) throw new Error(`not one button is called ${name}`)
    return one
  }

  /** As a browser does: a click on the button that submits is the form's. */
  async press(name: string): Promise<void> {
    const pressed = this.button(name)
    await (pressed.attributes('type') === 'submit' ? this.form.trigger('submit') : pressed.trigger('click'))
    await this.world.settle()
  }

  /** Answers the question, which was read. */
  async yes(): Promise<void> {
    await this.read()
    await this.panel.findAll('dialog button')[1]?.trigger('click')
    await this.world.settle()
  }

  async enter(): Promise<void> {
    await this.form.trigger('submit')
    await this.world.settle()
  }

  get form() {
    return this.panel.get('form.linking')
  }
  get field() {
    return this.panel.get<HTMLInputElement>('[role="combobox"]')
  }
  get permanent() {
    return this.panel.get<HTMLInputElement>('[type="checkbox"]')
  }
  get dialog(): HTMLDialogElement {
    return this.panel.get<HTMLDialogElement>('[role="alertdialog"]').element
  }
  get result(): string {
    return this.panel.get('[role="status"]').text()
  }
  /** As what it looks: `done`, `refused`, … */
  get shownAs(): string | undefined {
    return this.panel.get('.result').attributes('data-outcome')
  }
  /** What is said apart from that to who does not look, where the page has no voice. */
  get told(): string {
    return this.panel.findAll('[role="status"]')[1]?.text() ?? ''
  }
  get why(): string {
    return this.panel.get('.why').text()
  }
  /** Commands that were asked for, e.g. `connect 546051 48752 on`. */
  get sent(): string[] {
    return this.world.asked.map(({ path, body }) => {
      const { localnode, remotenode, dtmf, perm } = body as Record<string, string | null | undefined>
      return [path.replace('nodes/', ''), localnode, remotenode, dtmf, perm].filter((part) => typeof part === 'string').join(' ')
    })
  }

  /** Long enough for a question to have been read. */
  read(): Promise<void> {
    return this.world.pass(500)
  }
}
