/** What the panel may ask its parts to do. */
import type { Found } from './found.ts'

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
