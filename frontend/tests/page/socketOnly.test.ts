/** `supermon-live/socket-only`: what a page's own bundler makes of it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')
const ENTRY = 'virtual:page'

/** A page with a node and its links, whose plug-in comes from `plugin`, as one module. */
async function pageFrom(plugin: 'index' | 'socket-only', options: string, minify: boolean): Promise<string> {
  const dist = (entry: string) => JSON.stringify(join(ROOT, 'dist', `${entry}.js`))
  const page = `import { createSupermonLive } from ${dist(plugin)}
import { NodeTable, useNode } from ${dist('index')}
import { createApp, h } from 'vue'
createApp({ setup: () => (useNode('546051'), () => h(NodeTable, { node: { id: '546051' } })) }).use(createSupermonLive(${options})).mount('#app')`
  const build = await rolldown({
    input: ENTRY,
    cwd: ROOT,
    platform: 'browser',
    external: ['vue', 'pinia'],
    plugins: [{ name: 'page', resolveId: (id) => (id === ENTRY ? id : null), load: (id) => (id === ENTRY ? page : null) }],
  })
  try {
    const { output } = await build.generate({ format: 'esm', minify, comments: false })
    return output.map((part) => ('code' in part ? part.code : '')).join('\n')
  } finally {
    await build.close()
  }
}

/** What stands in PollingService, TransportLadder and nowhere else. */
const POLLING_LINES = ['PollingService', 'TransportLadder', 'waitAfterAnswer', 'notBefore(', 'A polled row is not in the expected form.', 'Count += 1']

describe('a page that takes its plug-in from supermon-live/socket-only', () => {
  it('carries no line of polling, where the usual one carries all of it', async () => {
    const [usual, without] = await Promise.all([pageFrom('index', '', false), pageFrom('socket-only', '{ fallback: false }', false)])
    const found = (code: string) => POLLING_LINES.filter((line) => code.includes(line))
    expect(found(usual)).toEqual(POLLING_LINES)
    expect(found(without)).toEqual([])
    expect(without).toContain('SocketsOnly')
  })

  it('weighs less by what docs/library.md says, gzipped', async () => {
    const size = async (plugin: 'index' | 'socket-only', options: string) => gzipSync(await pageFrom(plugin, options, true), { level: 9 }).length
    const spared = (await size('index', '{ fallback: false }')) - (await size('socket-only', '{ fallback: false }'))
    console.log(`socket-only spares ${spared} bytes`)
    const said = Number(/(\d),(\d{3}) bytes less/.exec(readFileSync(join(ROOT, 'docs/library.md'), 'utf8'))?.slice(1).join(''))
    expect(spared).toBeGreaterThan(2_000)
    expect(Math.abs(spared - said)).toBeLessThan(200)
  })
})
