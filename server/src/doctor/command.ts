/** `supermon-live doctor`: looks at all on which the dashboard depends, in order. Exit codes: 0 all well, 1 a check failed, 2 wrong usage. */
import { parseArgs } from 'node:util'
import { fail, show } from '../config/optionValues.ts'
import type { Surroundings } from '../config/surroundings.ts'
import { lookAtAsterisks } from './ami.ts'
import { lookAtBroker } from './broker.ts'
import { lookAtClock } from './clock.ts'
import { lookAtFiles } from './files.ts'
import type { Finding } from './finding.ts'
import type { Patient, Tools } from './patient.ts'
import { followToTls, lookAtRoute } from './route.ts'
import { lookAtService } from './service.ts'
import { lookAtSettings } from './settings.ts'
import { lookAtSupermonNg } from './supermonNg.ts'
import { lookAtTls } from './tls.ts'

const HELP = `Usage: supermon-live doctor [--url URL] [--json]

Checks settings, service, Asterisk, broker, Supermon-NG, the way through the web server, TLS, clock and files. It changes nothing.
As root it sees more.

  --url URL     the dashboard as visitors reach it (as supermon-live web was told)
  --json        output for programs
`

/** In the order in which things depend on each other. */
const CHECKS: readonly ((patient: Patient, tools: Tools) => Promise<Finding | Finding[]>)[] =
  [lookAtService, lookAtAsterisks, lookAtBroker, lookAtSupermonNg, lookAtRoute, lookAtTls, lookAtClock, lookAtFiles]

/**
 * @param argv what stands behind `doctor`
 * @param env without what the settings say: those are looked at here
 * @returns the exit code
 * @throws UsageError
 */
export async function doctorCommand(argv: readonly string[], { env, write }: Pick<Surroundings, 'env' | 'write'>, tools: Tools): Promise<number> {
  const words = readWords(argv)
  if (words === null) {
    write(HELP)
    return 0
  }
  const { finding, patient: understood } = await lookAtSettings(env, words.url, tools)
  const patient = understood === null ? null : await followToTls(understood)
  const rest = patient === null ? [] : await Promise.all(CHECKS.map((check) => check(patient, tools)))
  const findings = [finding, ...rest.flat()]
  const failures = findings.filter(({ state }) => state === 'wrong').length
  if (words.json) write(`${JSON.stringify({ ok: failures === 0, version: tools.version, url: patient?.url.href ?? null, findings }, null, 2)}\n`)
  else write(textOf(findings))
  return failures === 0 ? 0 : 1
}

const WORD: Readonly<Record<Finding['state'], string>> = { ok: 'ok', wrong: 'FAIL', unknown: 'unsure', skipped: 'skipped' }

/** For people; the state is told by words, as a colour alone would not reach everybody. */
export function textOf(findings: readonly Finding[]): string {
  const failures = findings.filter(({ state }) => state === 'wrong').length
  const width = Math.max(...findings.map(({ title }) => title.length)) + 2
  const lines = findings.flatMap(({ state, title, sentence, fix }) => [
    `${WORD[state].padEnd(9)}${title.padEnd(width)}${sentence}`,
    ...(fix === undefined ? [] : [`${' '.repeat(9 + width)}${fix}`]),
  ])
  const others = failures > 1 ? ' Start with the first: the others may come of it.' : ''
  const sum = failures === 0 ? 'Nothing is wrong.' : `${failures} of ${findings.length} checks failed.${others}`
  return `${lines.join('\n')}\n\n${sum}\n`
}

/** @returns null for `--help` */
function readWords(argv: readonly string[]): { url: URL | null; json: boolean } | null {
  const { tokens } = parseArgs({ args: [...argv], strict: false, tokens: true, options: { url: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } })
  let url: URL | null = null
  let json = false
  for (const token of tokens) {
    if (token.kind !== 'option') fail(`doctor takes no ${show(token.kind === 'positional' ? token.value : '--')}`, 'see: doctor --help')
    else if (token.name === 'help') return null
    else if (token.name === 'json') json = true
    else if (token.name === 'url') url = readUrl(token.value ?? '')
    else fail(`doctor has no option ${show(token.rawName)}`, 'see: doctor --help')
  }
  return { url, json }
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    return fail(`--url ${show(text)} is not the address of a page`, 'give one like https://node.example/supermon-live/')
  }
  return new URL(url.pathname.endsWith('/') ? url.origin + url.pathname : `${url.origin}${url.pathname}/`)
}
