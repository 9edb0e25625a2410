/** That the store's module really takes part in hot reload: Vite looks for its own words in the source, and finds them or not. */
import { join } from 'node:path'
import { createServer } from 'vite'
import { expect, it } from 'vitest'

it('Vite gives the store its hot context, and accepts its updates by the store itself', async () => {
  const root = join(import.meta.dirname, '../..')
  const server = await createServer({
    root, configFile: false, appType: 'custom', logLevel: 'silent', server: { middlewareMode: true, ws: false, watch: null }, optimizeDeps: { noDiscovery: true },
  })
  try {
    const module = '/src/stores/realTime.ts'
    const { code } = (await server.environments.client.transformRequest(module))!
    expect(code).toContain('import.meta.hot = ')
    expect(code).toMatch(/import\.meta\.hot\.accept\(\s*acceptHMRUpdate\(useRealTimeStore, import\.meta\.hot\)/)
    expect(server.environments.client.moduleGraph.getModuleById(join(root, module))?.isSelfAccepting).toBe(true)
  } finally {
    await server.close()
  }
})
