/** `supermon-live web` and `doctor` as root gives them, on Debian's own configuration, programs and ports; see webMachine.sh. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../../dist-server/main.js', import.meta.url))
const SCRIPT = fileURLToPath(new URL('./webMachine.sh', import.meta.url))

/** Only root may have namespaces with file systems of their own. */
describe.skipIf(process.getuid?.() !== 0)('on Debian\'s own web servers', () => {
  let folder: string
  const said = new Map<string, string>()
  beforeAll(async () => {
    if (!existsSync(MAIN)) throw new Error('dist-server/main.js is missing: npm run build')
    folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
    const { stdout } = await promisify(execFile)('unshare', ['-m', '-n', '--kill-child', '--fork', 'sh', SCRIPT, MAIN, folder], { timeout: 120_000 })
    for (const part of stdout.split(/^== /m).slice(1)) {
      const [name = '', ...lines] = part.split('\n')
      said.set(name, lines.join('\n'))
    }
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const states = (name: string) => [...(said.get(name) ?? '').matchAll(/^(ok|FAIL|unsure) +(\S.*?) {2}/gm)].map(([, state, title]) => `${title ?? ''} ${state ?? ''}`)
  const WELL = ['Settings ok', 'Gateway ok', 'Page ok', 'API ok', 'Socket, Chrome ok', 'Socket, Firefox ok', 'Forwarded ok']

  for (const server of ['apache', 'nginx'] as const) {
    it(`${server}: a folder of the site leads to the gateway at once, in every browser`, () => {
      expect(said.get(`${server}: folder`)).toContain('Supermon Live is at /supermon-live/ of your site.')
      expect(states(`${server}: folder`)).toEqual([...WELL, 'Clock unsure'])
    })

    it(`${server}: a host of its own has TLS, and plain HTTP leads to it`, () => {
      expect(said.get(`${server}: host`)).toContain('Supermon Live is at https://node.example/supermon-live/')
      expect(states(`${server}: host`)).toEqual([...WELL, 'TLS ok', 'Plain HTTP ok', 'Clock unsure'])
    })

    it(`${server}: what the server itself complains of changes nothing, and is told`, () => {
      const text = said.get(`${server}: complains`) ?? ''
      expect(text).toMatch(server === 'apache' ? /apache2ctl configtest failed: .*Invalid command 'Nonsense'.*Everything is as it was before\./ : /nginx -t failed: .*unknown directive "nonsense".*Everything is as it was before\./)
      expect(text).toContain('exit code 1')
      expect(text).toContain('all is as before')
    })

    it(`${server}: taken out again, the machine is as it was`, () => {
      expect(said.get(`${server}: removed`)).toContain('nothing is left')
    })
  }

  it('uses the programs of Debian, and has nothing to do the second time', () => {
    expect(said.get('apache: folder')).toMatch(/run a2enmod -q proxy_http\n.*\n?.*run a2enconf -q supermon-live/)
    expect(said.get('apache: again')).toContain('Apache: everything is so already.')
    expect(said.get('apache: dry run')).toContain('Would run a2enconf -q supermon-live')
    expect(said.get('apache: dry run')).toContain('nothing was changed')
  })
})
