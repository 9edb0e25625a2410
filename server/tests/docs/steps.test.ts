/** The runner of deploy/tests/documents.test.ts, on the shell of this machine. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runProgram } from '../../src/env/runProgram.ts'
import type { Proof } from './commands.ts'
import { documentedSteps, prove, stepsOf } from './steps.ts'

const on = 'package'
const texts = [['a.md', '```sh\nsudo cat note | sudo cat\nls nowhere\n```\n'], ['b.md', '```sh\necho red\nelse\n```\n']] as const
const proofs: Readonly<Record<string, Proof>> = {
  'sudo cat note | sudo cat': { by: 'machine', on, before: ['echo green > note'], says: /^green$/m },
  'ls nowhere': { by: 'machine', on, code: [1, 2] },
  'echo red': { by: 'machine', on },
  else: { by: 'machine', on: 'archive' },
}

it('takes commands in the order of the documents, for root, with what they need, and says which fail and how', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  try {
    const within = { run: (line: string) => runProgram('sh', ['-c', `cd '${folder}' && { ${line}; }`], { env: { PATH: process.env['PATH'], LANG: 'C' } }) }
    const steps = stepsOf(on, texts, proofs)
    expect(steps.map(({ document, line }) => [document, line])).toEqual([['a.md', 'cat note | cat'], ['a.md', 'ls nowhere'], ['b.md', 'echo red']])
    expect(await prove(within, steps, ['true'])).toEqual([])
    const wrong = steps.map((step) => ({ ...step, code: step.line === 'ls nowhere' ? [0] : step.code, says: step.line === 'echo red' ? /green/ : step.says, before: step.document === 'b.md' ? ['exit 3'] : step.before }))
    expect(await prove(within, wrong, ['false'])).toEqual([
      expect.stringMatching(/^the machine needs false, which ended with 1/),
      expect.stringMatching(/^a\.md: ls nowhere ended with 2, not 0: ls: .*nowhere/),
      expect.stringMatching(/^b\.md: echo red needs exit 3, which ended with 3/),
      expect.stringMatching(/^b\.md: echo red does not say \/green\/: red$/),
    ])
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('begins with the install and comes to the way back, which the machine of the archive has as well', () => {
  const [first] = documentedSteps('package')
  expect(first).toMatchObject({ document: 'README.md', line: 'apt install ./supermon-live_0.1.0_all.deb' })
  const lines = documentedSteps('package').map(({ document, line }) => `${document} ${line}`)
  expect(lines.indexOf('docs/install.md apt purge supermon-live')).toBeLessThan(lines.indexOf('docs/upgrade.md apt install ./supermon-live_0.1.0_all.deb'))
  expect(documentedSteps('archive').map(({ line }) => line)).toEqual([
    'tar -xzf supermon-live-0.1.0.tar.gz', './supermon-live-0.1.0/install.sh --dry-run', './supermon-live-0.1.0/install.sh',
    './supermon-live-0.1.0/install.sh --uninstall', 'rm -r /etc/supermon-live',
  ])
})
