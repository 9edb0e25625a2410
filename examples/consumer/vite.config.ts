import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

/** In development, /api and /ws go to a gateway on this machine. */
export default defineConfig({
  base: './',
  plugins: [vue()],
  // With an address alone Vite changes the Host header, and the gateway takes the page for another site's.
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8105' }, '/ws': { target: 'http://127.0.0.1:8105', ws: true } } },
})
