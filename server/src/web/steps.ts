/** Changes of a machine as data: told before they are made, and taken back when one fails. */
import { lstat, readFile, readlink, rm, symlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CommandError } from '../config/commandError.ts'
import { obstacleOf } from '../env/obstacle.ts'
import { codeOf, makeFolder, replaceFile } from '../env/wholeFile.ts'
import type { NewFile } from '../env/wholeFile.ts'

export type Step =
  /** Of a file that is somebody else's as well, its bytes: they may be of any encoding. */
  | { readonly kind: 'write'; readonly path: string; readonly text: string | Buffer; readonly mode?: number }
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
      return (await bytesAt(step.path))?.equals(Buffer.from(step.text)) === true
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
    throw new CommandError(`${messageOf(error)}. ${await takeBack(undo)}`, { cause: error })
  }
}

type Undo = () => Promise<unknown>

/** Tries all of it, last things first. @returns how that went, for people */
async function takeBack(undo: readonly Undo[]): Promise<string> {
  const left: string[] = []
  for (const back of [...undo].reverse()) {
    await back().catch((error: unknown) => { left.push(messageOf(error)) })
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
  await changing(path, () => changeOne(step, undo))
}

async function changeOne(step: Exclude<Step, { readonly kind: 'run' }>, undo: Undo[]): Promise<void> {
  const { path } = step
  const before = await stateAt(path)
  // Before the first touch: a change that fails half way is taken back as well.
  undo.push(() => changing(path, () => restore(path, before)))
  if (step.kind === 'write') {
    // A link of that name is taken away, and not what it leads to.
    if (before.target !== null) await rm(path)
    await write(path, step.text, step.mode === undefined ? {} : { mode: step.mode })
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
  /** null = there is no such file. */
  readonly file: { readonly bytes: Buffer; readonly as: Required<NewFile> } | null
}

async function stateAt(path: string): Promise<FileState> {
  const target = await targetAt(path)
  const bytes = target === null ? await bytesAt(path) : null
  if (bytes === null) return { target, file: null }
  const { mode, uid, gid } = await lstat(path)
  return { target, file: { bytes, as: { mode: mode & 0o7777, owner: { uid, gid } } } }
}

/** What changed a file that was there kept its owner and mode. One that was taken away gets them again. */
async function restore(path: string, { target, file }: FileState): Promise<void> {
  const now = await stateAt(path)
  if (now.target === target && (file === null ? now.file === null : now.file?.bytes.equals(file.bytes) === true)) return
  if (file === null || now.target !== null) await rm(path, { force: true })
  if (target !== null) await symlink(target, path)
  else if (file !== null) await write(path, file.bytes, file.as)
}

/** A web server that reads meanwhile sees the old file or the new one. */
async function write(path: string, text: string | Buffer, as: NewFile): Promise<void> {
  await makeFolder(dirname(path))
  await replaceFile(path, text, as)
}

/** null = there is no such file, be the name a link that leads nowhere or in a circle. @throws CommandError, whose cause is what the file system has against it */
export async function bytesAt(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if (['ENOENT', 'ELOOP'].includes(codeOf(error))) return null
    throw new CommandError(`${path} cannot be read (${codeOf(error)}): ${whatToDo(error)}`, { cause: error })
  }
}

/** The same, as text. */
export async function textAt(path: string): Promise<string | null> {
  return (await bytesAt(path))?.toString() ?? null
}

async function targetAt(path: string): Promise<string | null> {
  return readlink(path).catch(() => null)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** A disk that is full does not say of which file. @throws CommandError */
async function changing(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    throw error instanceof CommandError ? error : new CommandError(`${path} cannot be changed (${codeOf(error)}): ${whatToDo(error)}`, { cause: error })
  }
}

function whatToDo(error: unknown): string {
  return ['EACCES', 'EPERM'].includes(codeOf(error)) ? 'run this as root, with sudo in front' : (obstacleOf(error).remedy ?? 'check the folder and the disk')
}
