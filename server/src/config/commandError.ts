/** The command could not do it. `message` is one line: why, and what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}
