/** Changes of a machine as data: told before they are made, and taken back when one fails. */
import { lstat, mkdir, readlink, rm, symlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CommandError } from '../config/commandError.ts'
import { replaceFile, textOf } from '../env/wholeFile.ts'

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
 * Makes the changes in their order, then `check`. If anything of it fails, everything is as before.
 *
 * @throws CommandError
 */
export async function make(steps: readonly Step[], run: RunCommand, check: () => Promise<void>): Promise<void> {
  const undo: (() => Promise<unknown>)[] = []
  try {
    for (const step of steps) undo.push(await makeOne(step, run))
    await check()
  } catch (error) {
    for (const back of undo.reverse()) await back().catch(() => undefined)
    throw error instanceof CommandError ? error : new CommandError(sentence(error))
  }
}

async function makeOne(step: Step, run: RunCommand): Promise<() => Promise<unknown>> {
  if (step.kind === 'run') {
    await run(step.command)
    const { undo } = step
    return async () => { if (undo !== undefined) await run(undo) }
  }
  const { path } = step
  const target = await targetAt(path)
  const text = target === null ? await textAt(path) : null
  const mode = text === null ? undefined : (await lstat(path)).mode & 0o7777
  if (step.kind === 'write') {
    // A link of that name is taken away, and not what it leads to.
    if (target !== null) await rm(path)
    await write(path, step.text, step.mode)
  } else {
    await rm(path, { force: true })
    if (step.kind === 'link') {
      await mkdir(dirname(path), { recursive: true })
      await symlink(step.target, path)
    }
  }
  return async () => {
    await rm(path, { force: true })
    if (target !== null) await symlink(target, path)
    else if (text !== null) await write(path, text, mode)
  }
}

/** A web server that reads meanwhile sees the old file or the new one. */
async function write(path: string, text: string, mode: number | undefined): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await replaceFile(path, text, mode === undefined ? {} : { mode })
}

export async function textAt(path: string): Promise<string | null> {
  try {
    return await textOf(path)
  } catch (error) {
    throw new CommandError(sentence(error))
  }
}

async function targetAt(path: string): Promise<string | null> {
  return readlink(path).catch(() => null)
}

function sentence(error: unknown): string {
  const { code = 'unknown', path = 'a file' } = error as { code?: string; path?: string }
  const rights = code === 'EACCES' || code === 'EPERM'
  return `${path} cannot be changed (${code}): ${rights ? 'run this as root, with sudo in front' : 'check the folder and the disk'}. Nothing was changed.`
}
