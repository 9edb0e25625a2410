/** Commands of the documents as steps on a machine: in their order, with what makes each true, and judged by what it said. */
import { COMMANDS } from './commands.ts'
import type { Proof } from './commands.ts'
import { commandsOf, DOCUMENTS, read } from './markdown.ts'

export interface Step {
  readonly document: string
  /** As it stands in the document. */
  readonly command: string
  /** As it is run: by root, who needs no sudo. */
  readonly line: string
  readonly before: readonly string[]
  readonly code: readonly number[]
  readonly says: RegExp
}

/** What can run a line of sh. */
export interface Machine {
  run(line: string): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>
}

/** @param proofs by command; what is proved in another way is left out */
export function stepsOf(on: 'package' | 'archive', texts: readonly (readonly [document: string, text: string])[], proofs: Readonly<Record<string, Proof>>): Step[] {
  return texts.flatMap(([document, text]) => commandsOf(text).flatMap((command) => {
    const proof = proofs[command]
    if (proof?.by !== 'machine' || proof.on !== on) return []
    const { before = [], code = [0], says = /^/ } = proof
    return [{ document, command, line: command.replaceAll(/\bsudo /g, ''), before, code, says }]
  }))
}

/** Those of our documents. */
export const documentedSteps = (on: 'package' | 'archive'): Step[] => stepsOf(on, DOCUMENTS.map((path) => [path, read(path)] as const), COMMANDS)

/**
 * Runs steps one after the other, and goes on after one that failed: what follows may fail for another reason.
 *
 * @returns a sentence for each that did not do what it should, with what it said
 */
export async function prove(machine: Machine, steps: readonly Step[], opening: readonly string[]): Promise<string[]> {
  const failures: string[] = []
  const must = async (line: string, why: string) => {
    const { code, stdout, stderr } = await machine.run(line)
    if (code !== 0) failures.push(`${why} needs ${line}, which ended with ${code}: ${(stderr + stdout).trim()}`)
  }
  for (const line of opening) await must(line, 'the machine')
  for (const { document, command, line, before, code, says } of steps) {
    for (const each of before) await must(each, `${document}: ${command}`)
    const end = await machine.run(line)
    const said = end.stdout + end.stderr
    if (!code.includes(end.code)) failures.push(`${document}: ${command} ended with ${end.code}, not ${code.join(' or ')}: ${said.trim()}`)
    else if (!says.test(said)) failures.push(`${document}: ${command} does not say ${String(says)}: ${said.trim()}`)
  }
  return failures
}
