/** Asks the gateway that runs for its report. */
import { readFile } from 'node:fs/promises'
import * as v from 'valibot'
import { rolloutReportSchema } from '../../../protocol/rolloutReport.ts'
import type { RolloutReport } from '../../../protocol/rolloutReport.ts'
import { CommandError } from '../config/commandError.ts'
import { codeOf } from '../env/wholeFile.ts'

const PATIENCE_MS = 10_000
const answerSchema = v.object({ success: v.literal(true), data: rolloutReportSchema })

/**
 * @param base where the gateway is, with its base path and without a slash at its end
 * @param tokenFile holds what it asks of other machines; null = none
 * @throws CommandError
 */
export async function askReport(base: string, tokenFile: string | null): Promise<RolloutReport> {
  const headers = tokenFile === null ? {} : { authorization: `Bearer ${await tokenOf(tokenFile)}` }
  let response: Response
  try {
    response = await fetch(`${base}/api/v1/rollout/report`, { headers, redirect: 'error', signal: AbortSignal.timeout(PATIENCE_MS) })
  } catch (error) {
    throw new CommandError(`No gateway answers at ${base} (${reasonOf(error)}): start it, or say where it is with --url, or --host, --port and --base as it was given them.`)
  }
  const answer = v.safeParse(answerSchema, await response.json().catch(() => null))
  if (response.ok && answer.success) return answer.output.data
  if (response.status === 403) throw new CommandError(`The gateway at ${base} tells its figures on its own machine, or for the token in --metrics-token-file.`)
  throw new CommandError(`What answers at ${base} is no gateway of this version (HTTP ${response.status}): check --url, or --port and --base.`)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  return error.name === 'TimeoutError' ? `not within ${PATIENCE_MS / 1000} s` : codeOf(error.cause ?? error)
}

async function tokenOf(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    throw new CommandError(`--metrics-token-file cannot be read (${codeOf(error)}); check its path and rights.`)
  }
}
