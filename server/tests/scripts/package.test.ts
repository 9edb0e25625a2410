import { expect, it } from 'vitest'
import { load } from './support.ts'

const { manPage } = await load<{ manPage(template: string, parts: { help: string; version: string; date: number }): string }>('manPage.mjs')
const { debianVersion } = await load<{ debianVersion(version: string): string }>('package.mjs')
const { sortOut } = await load<{ sortOut(words: readonly string[]): { suite: string; rest: string[] } }>('test-deploy.mjs')

const HELP = `Usage: supermon-live [options]
       supermon-live rollout ..., who holds sockets; see: supermon-live rollout --help

  --metrics-token-file FILE  token \\ for /metrics
  --limits LIST              .name=number
  --help, -h                 this text

In the environment instead of an argument (an argument wins):
  SUPERMON_LIVE_LIMITS
`

it('a man page is the template with what --help says, safe from what roff takes for commands', () => {
  const page = manPage('@VERSION@ @DATE@\n@COMMANDS@\n@OPTIONS@\n@VARIABLES@', { help: HELP, version: '1.2.3', date: 86_400 })
  expect(page.split('\n')).toEqual([
    '1.2.3 1970-01-02',
    '.TP', '.B supermon\\-live rollout', 'who holds sockets; see', '.BR "supermon\\-live rollout \\-\\-help" .',
    '.TP', '.B \\-\\-metrics\\-token\\-file \\fIFILE\\fP', 'token \\e for /metrics',
    '.TP', '.B \\-\\-limits \\fILIST\\fP', '\\&.name=number',
    '.TP', '.B \\-\\-help, \\-h', 'this text',
    '.B SUPERMON_LIVE_LIMITS',
  ])
})

it('a help text of another form ends the build, and not in an empty page', () => {
  expect(() => manPage('@OPTIONS@', { help: 'nothing', version: '1.2.3', date: 0 })).toThrow('the help text names no options')
})

it('a version before a release is one before it to Debian', () => {
  expect([debianVersion('1.0.0-rc.1'), debianVersion('1.0.0')]).toEqual(['1.0.0~rc.1', '1.0.0'])
})

it('test:deploy takes its suite out of the words and leaves the rest to vitest', () => {
  expect(sortOut(['--suite', 'trixie', 'deploy/tests/web.test.ts'])).toEqual({ suite: 'trixie', rest: ['deploy/tests/web.test.ts'] })
  expect(sortOut(['-t', 'row'])).toEqual({ suite: 'bookworm', rest: ['-t', 'row'] })
  expect(() => sortOut(['--suite', 'sid'])).toThrow('--suite sid is no Debian that is tested; give bookworm or trixie')
})
