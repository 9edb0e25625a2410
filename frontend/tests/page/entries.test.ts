/** What each entry of the package exports, and what it weighs: both change on purpose only. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { describe, expect, it } from 'vitest'

const DIST = join(import.meta.dirname, '../../../dist')

/**
 * By entry: its exports, and the gzipped bytes that a page pays at most which imports all of it, Vue, Pinia, devtools and
 * OpenFeature left out. `.` holds all components; whoever imports less pays less.
 */
const ENTRIES: Record<string, { readonly budget: number; readonly exports: readonly string[] }> = {
  index: {
    budget: 75_776,
    exports: [
      'ApiError', 'BatchRequestService', 'ConnectPanel', 'ConnectionStatus', 'ControlService', 'CsrfTokenService', 'Dashboard', 'LiveClient', 'LiveRegion', 'NodeNotices', 'NodeTable',
      'PollingService', 'SessionBar', 'SessionService', 'Voter', 'VoterService', 'WebSocketService', 'browserEnv', 'createSupermonLive', 'createUseAstDbStore', 'createUseRealTimeStore', 'setWords',
      'useAstDbStore', 'useCommandsStore', 'useConnection', 'useNode', 'useNodes', 'useNow', 'useRealTimeStore', 'useSessionStore', 'useVoter', 'useVoterHistory',
    ],
  },
  compat: {
    budget: 56_384,
    exports: [
      'BatchRequestService', 'ConnectionStatus', 'CsrfTokenService', 'NodeTable', 'PollingService', 'disposeCompat', 'getCsrfService',
      'useAstDbStore', 'useAstdbStore', 'useBatchRequests', 'useCsrfToken', 'usePolling', 'useRealTimeStore', 'webSocketService',
    ],
  },
  testing: { budget: 30_720, exports: ['FakeNode', 'TestClock', 'createFakeGateway', 'storeCommands'] },
  german: { budget: 9_088, exports: ['german'] },
  devtools: { budget: 2_048, exports: ['installDevtools'] },
  'socket-only': { budget: 22_016, exports: ['createSupermonLive'] },
  rollout: { budget: 13_312, exports: ['DOMAIN', 'FlagSource', 'RealtimeProvider', 'bindRollout', 'bucketOf', 'decide'] },
}

async function bundled(entry: string): Promise<{ code: string; exports: string[] }> {
  const build = await rolldown({
    input: join(DIST, `${entry}.js`), platform: 'browser', external: ['vue', 'pinia', '@vue/devtools-api', '@openfeature/web-sdk'],
  })
  try {
    const { output } = await build.generate({ format: 'esm', minify: true, comments: false })
    return { code: output.map((part) => ('code' in part ? part.code : '')).join('\n'), exports: output[0].exports.toSorted() }
  } finally {
    await build.close()
  }
}

describe('an entry of the package', () => {
  for (const [entry, { budget, exports }] of Object.entries(ENTRIES)) {
    it(`${entry} exports what is written here, and weighs ${budget} bytes at most`, async () => {
      const built = await bundled(entry)
      expect(built.exports).toEqual(exports)
      expect(gzipSync(built.code, { level: 9 }).length).toBeLessThanOrEqual(budget)
    })
  }

  it('is described in docs/api.md as it is now: npm run api writes it', async () => {
    const { readApi, renderApi } = (await import(join(DIST, '../scripts/api.mjs'))) as { readApi: () => string; renderApi: () => string }
    expect(readApi()).toBe(renderApi())
  })

  it('is named in package.json, and nothing else is', () => {
    const { exports } = JSON.parse(readFileSync(join(DIST, '../package.json'), 'utf8')) as { exports: Record<string, unknown> }
    const names = Object.keys(ENTRIES).map((entry) => (entry === 'index' ? '.' : `./${entry}`))
    expect(Object.keys(exports).toSorted()).toEqual([...names, './style.css', './package.json'].toSorted())
  })
})
