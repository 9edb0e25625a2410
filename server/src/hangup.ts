import { isatty } from 'node:tty'

/**
 * SIGHUP has two meanings: "read your files again", to a service or from `kill -HUP`, and "your terminal is closed", to
 * whatever runs in one. A process that took the second for the first would live on, unseen, and keep its port. A terminal
 * that is closed is none any more.
 *
 * @param isTerminal tells of a file descriptor
 * @returns what to do when the signal comes
 */
export function hangup(
  { reread, stop }: { readonly reread: () => void; readonly stop: () => void },
  isTerminal: (fd: number) => boolean = isatty,
): () => void {
  const terminals = [0, 1, 2].filter(isTerminal)
  return () => {
    if (terminals.length > 0 && !terminals.some(isTerminal)) stop()
    else reread()
  }
}
