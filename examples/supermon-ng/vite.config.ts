import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

/** The page imports its stores and services by Supermon-NG's names; here is where they come from now. */
export default defineConfig({
  base: './',
  plugins: [vue()],
  resolve: {
    alias: [
      { find: /^@\/stores\/(realTime|astdb)$/, replacement: 'supermon-live/compat' },
      { find: /^@\/services\/.+$/, replacement: 'supermon-live/compat' },
      { find: '@', replacement: fileURLToPath(new URL('src', import.meta.url)) },
    ],
  },
  // With an address alone Vite changes the Host header, and the gateway takes the page for another site's.
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8105' }, '/ws': { target: 'http://127.0.0.1:8105', ws: true } } },
})
