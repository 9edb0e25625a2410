import { inject, provide } from 'vue'
import type { InjectionKey } from 'vue'
import type { Question } from '../control/handles.ts'

/** @param id the link it is about. Resolves with whether it was answered with Yes; false while another one is asked */
export type AskAtRow = (id: string, question: Question) => Promise<boolean>

const ASK: InjectionKey<AskAtRow> = Symbol('supermon-live-row-question')

/** The table asks for its rows. In a row the question would move with it, and browsers end a modal dialog that moves. */
export function provideRowQuestion(ask: AskAtRow): void {
  provide(ASK, ask)
}

/** Where nobody asks, nobody says Yes. */
export function useRowQuestion(): AskAtRow {
  return inject(ASK, () => Promise.resolve(false))
}
