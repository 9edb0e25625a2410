/** What the panel may be asked to do, and may ask its parts to. */
import type { Found } from './found.ts'

export interface PanelHandle {
  /** For who named the target elsewhere on the page: the panel's buttons get the focus, and it is said who is meant. */
  readonly goTo: () => Promise<void>
}

export interface TargetHandle {
  /** One of these is meant and has to be chosen: opens the list of them. */
  readonly offer: (found: readonly Found[]) => void
  readonly close: () => void
  readonly focus: () => void
}

export interface Question {
  readonly title: string
  readonly text: string
  readonly yes: string
  /** No has the focus, and Yes looks like what it is. */
  readonly grave?: boolean
}

export interface ConfirmHandle {
  /** Resolves with whether it was answered with Yes. A question asked during another one is not asked: false. */
  readonly ask: (question: Question) => Promise<boolean>
}
