/** What the documents tell an operator to type, typed in their order on a node's machine: from the package, and from the archive. */
import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { OPENING } from '../../server/tests/docs/commands.ts'
import { documentedSteps, prove } from '../../server/tests/docs/steps.ts'
import { bootMachine } from './machine.ts'
import { suite } from './machineBase.ts'
import { plantNode } from './machineNode.ts'
import { buildPackage } from './machinePackage.ts'

let built: Awaited<ReturnType<typeof buildPackage>>
beforeAll(async () => { built = await buildPackage('0.1.0') })
afterAll(() => rm(built.folder, { recursive: true }))

it.each(['package', 'archive'] as const)('on a machine that has Asterisk: the %s', async (on) => {
  const machine = await bootMachine(suite())
  try {
    await plantNode(machine)
    for (const file of [built.deb, built.tar]) await machine.copyIn(file, `/${basename(file)}`)
    expect(await prove(machine, documentedSteps(on), OPENING[on])).toEqual([])
  } finally {
    await machine.close()
  }
})
