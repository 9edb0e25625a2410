/** Programs that must not outlive the tests that started them. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

/** Waits for the end of its input, which comes with the end of this process, however that ends. What is meant for all of a terminal's processes is not for it. */
const WATCH = 'trap "" INT TERM HUP; read -r _; kill -KILL "$1"'

/** Kills the child when this process ends, be it killed itself. No effect on a child that could not be started. */
export function endWithUs(child: ChildProcess): void {
  if (child.pid === undefined) return
  const watch = spawn('/bin/sh', ['-c', WATCH, 'sh', String(child.pid)], { stdio: ['pipe', 'ignore', 'ignore'] })
  watch.stdin.on('error', () => undefined)
  // Its number may be another's from now on.
  child.once('exit', () => watch.kill('SIGKILL'))
}
