import vue from '@vitejs/plugin-vue'
import dts from 'unplugin-dts/vite'
import { defineConfig } from 'vite'

/** What has a fault in its types is not built: `npm test` asks nobody else about the library's own. */
function failOn({ length }: readonly unknown[]): void {
  if (length > 0) throw new Error(`types: ${length} ${length === 1 ? 'error' : 'errors'}, see above`)
}

/**
 * Each entry has a file of types of its own, and a class with `#fields` is another type in each of them: what one entry makes could not be
 * given to another. Without that mark they are what they look like.
 */
function withoutPrivate(filePath: string, content: string): { filePath: string; content: string } {
  return { filePath, content: content.replace(/^\s*#private;\n/gm, '') }
}

/** `vite build` makes the library (dist/); `--mode app` makes the dashboard (dist-app/), with relative URLs so that it
 *  runs under any base path without being told. */
export default defineConfig(({ mode }) => {
  if (mode === 'app' || mode === 'development') {
    const gateway = process.env['SUPERMON_LIVE_DEV_GATEWAY'] ?? 'http://127.0.0.1:8105'
    return {
      root: 'frontend',
      base: './',
      plugins: [vue()],
      build: { outDir: '../dist-app', emptyOutDir: true, target: 'es2022', sourcemap: true },
      server: {
        port: 5173,
        host: '127.0.0.1',
        // An address alone would change the Host header, and the gateway would take the page for another site's.
        proxy: { '/ws': { target: gateway, ws: true }, '/api': { target: gateway }, '/healthz': gateway },
      },
    }
  }
  return {
    publicDir: false,
    plugins: [
      vue(),
      dts({ processor: 'vue', tsconfigPath: './tsconfig.lib.json', include: ['frontend/src', 'protocol'], exclude: ['frontend/src/main.ts'], entryRoot: '.', bundleTypes: true, afterDiagnostic: failOn, beforeWriteFile: withoutPrivate }),
    ],
    build: {
      target: 'es2022',
      sourcemap: true,
      minify: false,
      cssCodeSplit: false,
      lib: { entry: { index: 'frontend/src/index.ts', compat: 'frontend/src/compat.ts', testing: 'frontend/src/testing.ts', german: 'frontend/src/german.ts', devtools: 'frontend/src/devtools.ts', rollout: 'frontend/src/rollout.ts', 'socket-only': 'frontend/src/socket-only.ts' }, formats: ['es'], cssFileName: 'style' },
      rolldownOptions: { external: ['vue', 'pinia', 'mitt', 'reconnecting-websocket', 'valibot', '@vue/devtools-api', '@openfeature/web-sdk'] },
    },
  }
})
