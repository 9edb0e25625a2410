/** Changes of a machine as data: told before they are made, and taken back when one fails. */
import { lstat, readlink, rm, symlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CommandError } from '../config/commandError.ts'
import { codeOf, makeFolder, replaceFile, textOf } from '../env/wholeFile.ts'

export type Step =
  | { readonly kind: 'write'; readonly path: string; readonly text: string; readonly mode?: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'run'; readonly command: Command; readonly undo?: Command }

export type Command = readonly [program: string, ...args: string[]]

/** Runs a command of the machine. @throws CommandError with what it said */
export type RunCommand = (command: Command) => Promise<void>

/** Those steps that would change something. */
export async function needed(steps: readonly Step[]): Promise<Step[]> {
  const judged = await Promise.all(steps.map(async (step) => ({ step, so: await isSo(step) })))
  return judged.filter(({ so }) => !so).map(({ step }) => step)
}

async function isSo(step: Step): Promise<boolean> {
  switch (step.kind) {
    case 'write':
      return (await textAt(step.path)) === step.text
    case 'link':
      return (await targetAt(step.path)) === step.target
    case 'remove':
      return (await lstat(step.path).catch(() => null)) === null
    case 'run':
      return false
  }
}

export function told(step: Step): string {
  switch (step.kind) {
    case 'write':
      return `write ${step.path}`
    case 'link':
      return `link ${step.path} to ${step.target}`
    case 'remove':
      return `remove ${step.path}`
    case 'run':
      return `run ${step.command.join(' ')}`
  }
}

/**
 * Makes the changes in their order, then `check`. If anything of it fails, what was made is taken back.
 *
 * @throws CommandError, which says whether everything is as before
 */
export async function make(steps: readonly Step[], run: RunCommand, check: () => Promise<void>): Promise<void> {
  const undo: Undo[] = []
  try {
    for (const step of steps) await makeOne(step, run, undo)
    await check()
  } catch (error) {
    const why = error instanceof CommandError ? error : changeError(error)
    throw new CommandError(`${why.message}. ${await takeBack(undo)}`, { cause: why })
  }
}

type Undo = () => Promise<unknown>

/** Tries all of it, last things first. @returns how that went, for people */
async function takeBack(undo: readonly Undo[]): Promise<string> {
  const left: string[] = []
  for (const back of [...undo].reverse()) {
    await back().catch((error: unknown) => { left.push(error instanceof CommandError ? error.message : changeError(error).message) })
  }
  return left.length === 0 ? 'Everything is as it was before.' : `Not all of it could be taken back: ${left.join('; ')}.`
}

async function makeOne(step: Step, run: RunCommand, undo: Undo[]): Promise<void> {
  if (step.kind === 'run') {
    await run(step.command)
    const back = step.undo
    if (back !== undefined) undo.push(() => run(back))
    return
  }
  const { path } = step
  const before = await stateAt(path)
  // Before the first touch: a change that fails half way is taken back as well.
  undo.push(() => restore(path, before))
  if (step.kind === 'write') {
    // A link of that name is taken away, and not what it leads to.
    if (before.target !== null) await rm(path)
    await write(path, step.text, step.mode)
  } else {
    await rm(path, { force: true })
    if (step.kind === 'link') {
      await makeFolder(dirname(path))
      await symlink(step.target, path)
    }
  }
}

/** Of a file or a link. */
interface FileState {
  readonly target: string | null
  readonly text: string | null
  readonly mode: number | undefined
}

async function stateAt(path: string): Promise<FileState> {
  const target = await targetAt(path)
  const text = target === null ? await textAt(path) : null
  return { target, text, mode: text === null ? undefined : (await lstat(path)).mode & 0o7777 }
}

async function restore(path: string, { target, text, mode }: FileState): Promise<void> {
  const now = await stateAt(path)
  if (now.target === target && now.text === text && now.mode === mode) return
  await rm(path, { force: true })
  if (target !== null) await symlink(target, path)
  else if (text !== null) await write(path, text, mode)
}

/** A web server that reads meanwhile sees the old file or the new one. */
async function write(path: string, text: string, mode: number | undefined): Promise<void> {
  await makeFolder(dirname(path))
  await replaceFile(path, text, mode === undefined ? {} : { mode })
}

/** null = there is no such file. @throws CommandError, whose cause is what the file system has against it */
export async function textAt(path: string): Promise<string | null> {
  try {
    return await textOf(path)
  } catch (error) {
    throw new CommandError(`${path} cannot be read (${codeOf(error)}): ${whatToDo(error)}`, { cause: error })
  }
}

async function targetAt(path: string): Promise<string | null> {
  return readlink(path).catch(() => null)
}

function changeError(error: unknown): CommandError {
  const { path = 'a file' } = error as { path?: string }
  return new CommandError(`${path} cannot be changed (${codeOf(error)}): ${whatToDo(error)}`, { cause: error })
}

function whatToDo(error: unknown): string {
  return ['EACCES', 'EPERM'].includes(codeOf(error)) ? 'run this as root, with sudo in front' : 'check the folder and the disk'
}
