/** Things that were dropped, counted and survived. Handed to one hook, never thrown. `code` is permanent (docs/errors/). */
export interface Diagnostic {
  readonly code: DiagnosticCode
  readonly message: string
  readonly node?: string
}

export type DiagnosticCode =
  | 'frame-too-big'
  | 'frame-not-text'
  | 'frame-not-json'
  | 'frame-not-understood'
  | 'frame-for-another-node'
  | 'sequence-gap'
  | 'sequence-old'
  | 'dead-socket'
  | 'server-error'
  | 'handler-threw'
  | 'poll-failed'
  | 'poll-not-understood'

export type DiagnosticHook = (diagnostic: Diagnostic) => void
