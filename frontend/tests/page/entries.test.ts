/** What each entry of the package exports, and what it weighs: both change on purpose only. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { prose, read } from '../../../server/tests/docs/markdown.ts'

const ROOT = join(import.meta.dirname, '../../..')
const DIST = join(ROOT, 'dist')

/**
 * By entry: its exports, and the gzipped bytes that a page pays at most which imports all of it, Vue, Pinia, devtools and
 * OpenFeature left out. `.` holds all components; whoever imports less pays less.
 */
const ENTRIES: Record<string, { readonly budget: number; readonly exports: readonly string[] }> = {
  index: {
    budget: 77_760,
    exports: [
      'ApiError', 'BatchRequestService', 'ConnectPanel', 'ConnectionStatus', 'ControlService', 'CsrfTokenService', 'Dashboard', 'LiveClient', 'LiveRegion', 'NodeNotices', 'NodeTable',
      'PollingService', 'SessionBar', 'SessionService', 'Voter', 'VoterService', 'WebSocketService', 'browserEnv', 'createSupermonLive', 'createUseAstDbStore', 'createUseRealTimeStore', 'setWords',
      'useAstDbStore', 'useCommandsStore', 'useConnection', 'useNode', 'useNodes', 'useNow', 'useRealTimeStore', 'useSessionStore', 'useVoter', 'useVoterHistory',
    ],
  },
  compat: {
    budget: 57_664,
    exports: [
      'BatchRequestService', 'ConnectionStatus', 'CsrfTokenService', 'NodeTable', 'PollingService', 'disposeCompat', 'getCsrfService',
      'useAstDbStore', 'useAstdbStore', 'useBatchRequests', 'useCsrfToken', 'usePolling', 'useRealTimeStore', 'webSocketService',
    ],
  },
  testing: { budget: 30_912, exports: ['FakeNode', 'TestClock', 'createFakeGateway', 'storeCommands'] },
  german: { budget: 9_152, exports: ['german'] },
  devtools: { budget: 2_048, exports: ['installDevtools'] },
  'socket-only': { budget: 22_016, exports: ['createSupermonLive'] },
  rollout: { budget: 13_312, exports: ['DOMAIN', 'FlagSource', 'RealtimeProvider', 'bindRollout', 'bucketOf', 'decide'] },
}

/**
 * Types that signatures name, and that are exported nowhere: what only the library's own parts hand each other, and how the entry for
 * Supermon-NG makes loose types of strict ones.
 */
const OURS = [
  'Answer', 'AnyFrame', 'Channel', 'Either', 'EndpointOptions', 'FlagRule', 'GetNodeInfo', 'Getters', 'Init', 'Ladder', 'LooseStatusRow', 'MakeLadder', 'NodeInspection',
  'NodeList', 'Retyped', 'SocketObserver', 'StatusAnswer', 'StatusObserver', 'Ticker',
]

/** What the declarations of `symbol` name of this package, members that nobody else may use left out. Bases are written out in docs/api.md. */
function namesIn(symbol: ts.Symbol, checker: ts.TypeChecker): string[] {
  const names: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isHeritageClause(node) || (ts.isClassElement(node) && (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0)) return
    const named = ts.isTypeReferenceNode(node) ? node.typeName : ts.isTypeQueryNode(node) ? node.exprName : null
    const symbolHere = named === null ? undefined : checker.getSymbolAtLocation(named)
    const found = symbolHere !== undefined && (symbolHere.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbolHere) : symbolHere
    const place = found?.declarations?.[0]
    if (found !== undefined && place?.getSourceFile().fileName.startsWith(DIST) === true && !ts.isTypeParameterDeclaration(place)) {
      // What Vue's compiler makes of a component's props and slots has no name of its own.
      if (found.name.startsWith('__VLS_')) names.push(...namesIn(found, checker))
      // The bundler numbers those of one name.
      else if (ts.isTypeReferenceNode(node)) names.push(found.name.replace(/_\d+$/, ''))
    }
    ts.forEachChild(node, visit)
  }
  for (const declaration of symbol.declarations ?? []) visit(declaration)
  return names
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
      if (entry === 'index') expect(readFileSync(join(DIST, '../docs/library.md'), 'utf8')).toContain(`everything with all components is ${(budget / 1024).toFixed(1)} KB`)
    })
  }

  it('is described in docs/api.md as it is now: npm run api writes it', async () => {
    const { readApi, renderApi } = (await import(join(ROOT, 'scripts/api.mjs'))) as { readApi: () => string; renderApi: () => string }
    expect(readApi()).toBe(renderApi())
  })

  it('names no type that nobody can import, but for those of its own parts', () => {
    const files = Object.keys(ENTRIES).map((entry) => join(DIST, `${entry}.d.ts`))
    const program = ts.createProgram(files, { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler })
    const checker = program.getTypeChecker()
    const symbols = files.flatMap((file) => checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!))
    const exported = new Set(symbols.map(({ name }) => name))
    const named = symbols.flatMap((symbol) => namesIn(symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol, checker))
    expect([...new Set(named)].filter((name) => !exported.has(name)).toSorted()).toEqual(OURS)
    expect(named).toEqual(expect.arrayContaining(['LinkOrder', 'NodeState', 'RowSlotProps', 'Env']))
  })

  it('is named in package.json, and nothing else is', () => {
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { exports: Record<string, unknown> }
    const names = Object.keys(ENTRIES).map((entry) => (entry === 'index' ? '.' : `./${entry}`))
    expect(Object.keys(exports).toSorted()).toEqual([...names, './style.css', './package.json'].toSorted())
  })
})

describe('the documents in the package', () => {
  it('link to what comes with them, pictures of evidence and a source file left out', () => {
    const [{ files }] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) as [{ files: { path: string }[] }]
    const packed = new Set(files.map(({ path }) => path))
    const dead = [...packed].filter((path) => path.endsWith('.md')).flatMap((path) =>
      [...prose(read(path)).matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, target = '']) => target).filter((target) => !/^[a-z]+:/.test(target))
        .map((target) => normalize(join(dirname(path), target))).filter((target) => !packed.has(target)))
    expect(dead.filter((target) => !/^docs\/evidence(?:\/|$)/.test(target))).toEqual(['protocol/commandCodes.ts'])
    expect(packed).toContain('docs/install.md')
  })
})
