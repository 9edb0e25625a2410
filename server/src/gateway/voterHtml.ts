/** A voter as markup, for clients that put it into their page as it comes. Every word of Asterisk's in it is escaped. */
import { receiversInOrder, RSSI } from '../../../protocol/voter.ts'
import type { Receiver, ReceiverState, VoterState } from '../../../protocol/voter.ts'

/** The migration plan's message: one element that holds all there is to show. */
export function voterFragment(node: string, state: VoterState): string {
  const body = state.reach === 'up' ? voterTable(node, state) : `<p>${escape(state.reachReason?.message ?? 'Not known yet.')}</p>`
  return `<div class="voter-data">${body}</div>`
}

/** Width of a full signal's bar, px. */
const LONGEST_BAR = 300
/** Colours of Supermon-NG's bars. The number stands in each, and the voted one is named in words besides. */
const PLAIN = '#0099FF'
const COLOUR: Readonly<Record<ReceiverState, string>> = { voted: 'greenyellow', mix: 'cyan', voting: PLAIN, inactive: PLAIN }

/** The table that Supermon-NG's page puts into itself. */
export function voterTable(node: string, state: VoterState): string {
  const rows = receiversInOrder(state).map(rowOf)
  const body = rows.length > 0 ? rows.join('') : '<tr><td>No clients</td><td></td></tr>'
  return `<table class="rtcm"><tr><th colspan="2"><i>Node ${escape(node)}</i></th></tr><tr><th>Client</th><th>RSSI</th></tr>${body}</table><br/>`
}

function rowOf({ name, rssi, state }: Receiver & { readonly name: string }): string {
  const width = rssi === null || rssi === 0 ? 3 : Math.max(1, Math.round((rssi / RSSI.max) * LONGEST_BAR))
  const text = state === 'inactive' ? 'inactive' : `${rssi ?? ''}${state === 'voted' ? ' voted' : ''}`
  return `<tr><td>${escape(name)}</td><td><div class="barbox_a"><div class="bar" style="width: ${width}px; background-color: ${state === null ? PLAIN : COLOUR[state]}; color: black">${text}</div></div></td></tr>`
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
