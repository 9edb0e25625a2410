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
  | 'node-not-understood'

export type DiagnosticHook = (diagnostic: Diagnostic) => void

/** Calls each of them with `news`. One that throws keeps no other from it, nor the caller from its work. */
export function tellAll<A extends readonly unknown[]>(handlers: Iterable<(...news: A) => void>, onDiagnostic: DiagnosticHook, ...news: A): void {
  for (const handler of [...handlers]) {
    try {
      handler(...news)
    } catch (error) {
      onDiagnostic({ code: 'handler-threw', message: `A handler threw: ${String(error)}` })
    }
  }
}

/** A hook that throws is the page's own fault, and must not keep the connection from its work. */
export function guarded(hook: DiagnosticHook | undefined): DiagnosticHook {
  return (diagnostic) => {
    try {
      hook?.(diagnostic)
    } catch {
      // There is nobody left to tell.
    }
  }
}
