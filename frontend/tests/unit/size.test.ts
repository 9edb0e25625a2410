/** What a page pays for the services alone, everything they import included, Vue and the view left out. */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')
/** Everything a page pays, gzipped bytes: 23.8 KB. */
const BUDGET = 24_371
/** Our own part of it: without reconnecting-websocket, mitt and valibot, which take 4.6 KB together. */
const OWN_BUDGET = 19_763
const LIBRARIES = ['mitt', 'valibot', 'reconnecting-websocket']

const SERVICES = {
  LiveClient: 'services/liveClient.ts',
  WebSocketService: 'services/WebSocketService.ts',
  TransportLadder: 'services/TransportLadder.ts',
  PollingService: 'services/PollingService.ts',
  BatchRequestService: 'services/BatchRequestService.ts',
  CsrfTokenService: 'services/CsrfTokenService.ts',
  ControlService: 'services/ControlService.ts',
  browserEnv: 'env/browserEnv.ts',
}

const ENTRY = 'virtual:services'

/** The services as one minified module, built in memory. */
async function bundle(external: string[] = []): Promise<{ code: string; modules: string[] }> {
  const lines = Object.entries(SERVICES).map(
    ([name, path]) => `export { ${name} } from '${join(ROOT, 'frontend/src', path)}'`,
  )
  const build = await rolldown({
    input: ENTRY,
    cwd: ROOT,
    platform: 'browser',
    external,
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === ENTRY ? id : null),
        load: (id) => (id === ENTRY ? lines.join('\n') : null),
      },
    ],
  })
  try {
    // Annotations for bundlers (`@__PURE__`) reach no page; they alone would weigh 800 bytes.
    const { output } = await build.generate({ format: 'esm', minify: true, comments: false })
    const [chunk] = output
    expect(output).toHaveLength(1)
    return { code: chunk.code, modules: chunk.moduleIds }
  } finally {
    await build.close()
  }
}

describe('the size of the services', () => {
  it('is at most 23.8 KB gzipped, dependencies included and Vue not', async () => {
    const { code, modules } = await bundle()
    const size = gzipSync(code, { level: 9 }).length
    console.log(`services: ${size} bytes gzipped`)
    for (const library of LIBRARIES) {
      expect(
        modules.some((id) => id.includes(`/node_modules/${library}/`)),
        library,
      ).toBe(true)
    }
    expect(modules.filter((id) => /\/node_modules\/(@vue|vue|pinia)\//.test(id))).toEqual([])
    expect(size).toBeLessThanOrEqual(BUDGET)
  })

  it('is at most 19.3 KB gzipped of our own', async () => {
    const { code } = await bundle([...LIBRARIES])
    expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(OWN_BUDGET)
  })
})
