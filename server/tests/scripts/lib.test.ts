import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { load, root } from './support.ts'

interface Lib {
  fitsEngines(version: string, range: string): boolean
  isInstalled(folder: string): boolean
  fingerprint(paths: readonly string[], folder: string): string
  capture(command: string, args: readonly string[]): Promise<{ code: number; output: string }>
}
const { fitsEngines, isInstalled, fingerprint, capture } = await load<Lib>('lib.mjs')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scripts-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('the Node version', () => {
  const range = '^20.19.0 || ^22.13.0 || >=24.0.0'
  it.each(['20.19.0', '20.20.2', '22.13.1', '24.0.0', '25.1.0'])('%s fits', (version) => {
    expect(fitsEngines(version, range)).toBe(true)
  })
  it.each(['18.20.8', '20.18.3', '21.7.0', '22.12.9', '23.11.0'])('%s does not', (version) => {
    expect(fitsEngines(version, range)).toBe(false)
  })
  it('is checked against a range that is understood, or not at all', () => {
    expect(() => fitsEngines('20.0.0', '20.x')).toThrow('not understood')
  })
})

describe('node_modules', () => {
  const lock = (packages: Record<string, { version?: string; optional?: boolean }>): string =>
    JSON.stringify({ packages })
  const wanted = {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '1.0.0', optional: true },
  }

  async function install(text: string | null): Promise<boolean> {
    await writeFile(join(folder, 'package-lock.json'), lock(wanted))
    await mkdir(join(folder, 'node_modules'), { recursive: true })
    if (text !== null) await writeFile(join(folder, 'node_modules', '.package-lock.json'), text)
    return isInstalled(folder)
  }

  it('is complete with other platforms’ packages missing and packages of its own', async () => {
    expect(
      await install(lock({ 'node_modules/a': { version: '1.0.0' }, 'node_modules/z': { version: '9.0.0' } })),
    ).toBe(true)
  })
  it.each([
    ['missing', null],
    ['half written', '{"packages":'],
    ['of another version', lock({ 'node_modules/a': { version: '1.0.1' } })],
    ['lacking a package', lock({ 'node_modules/b': { version: '1.0.0' } })],
  ])('is to be installed when %s', async (_name, text) => {
    expect(await install(text)).toBe(false)
  })
})

describe('a fingerprint', () => {
  it('changes with every change under its paths, also back in time, and with nothing else', async () => {
    const print = (): string => fingerprint(['src', 'gone.json'], folder)
    await mkdir(join(folder, 'src', 'tests'), { recursive: true })
    await writeFile(join(folder, 'src', 'a.ts'), 'a')
    const seen = new Set([print()])
    const changed = (): boolean => seen.size < seen.add(print()).size

    await writeFile(join(folder, 'src', 'tests', 'a.test.ts'), 'a')
    await writeFile(join(folder, 'other.ts'), 'a')
    expect(changed()).toBe(false)
    await utimes(join(folder, 'src', 'a.ts'), 1_000, 1_000)
    expect(changed()).toBe(true)
    await writeFile(join(folder, 'src', 'b.ts'), '')
    expect(changed()).toBe(true)
    await rm(join(folder, 'src', 'a.ts'))
    expect(changed()).toBe(true)
    await writeFile(join(folder, 'gone.json'), '')
    expect(changed()).toBe(true)
  })
})

describe('a captured command', () => {
  it('gives its exit code and both streams', async () => {
    const script = 'console.log("out"); console.error("err"); process.exit(3)'
    const { code, output } = await capture(process.execPath, ['-e', script])
    expect(code).toBe(3)
    expect(output).toContain('out\n')
    expect(output).toContain('err\n')
  })
  it('gives 128 + the signal for one that was killed, 127 for one that is not there', async () => {
    expect((await capture(process.execPath, ['-e', 'process.kill(process.pid, "SIGTERM")'])).code).toBe(143)
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect((await capture(join(folder, 'nothing'), [])).code).toBe(127)
    expect(said).toHaveBeenCalledWith(expect.stringContaining('nothing cannot be started'))
    said.mockRestore()
  })
})

it('a signal to a script ends its child, and the script ends with the child’s exit code', async () => {
  const script = `
    import { forwardSignals, start } from ${JSON.stringify(join(root, 'scripts/lib.mjs'))}
    const program = 'process.on("SIGTERM", () => process.exit(5)); console.log("up"); setInterval(() => {}, 1000)'
    const { child, done } = start(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout.once('data', () => { process.kill(process.pid, 'SIGTERM'); process.kill(process.pid, 'SIGTERM') })
    const stop = forwardSignals(() => [child])
    process.exitCode = await done
    stop()`
  const ended = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  await expect(ended).rejects.toMatchObject({ code: 5, signal: null })
})
