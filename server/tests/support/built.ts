import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The built gateway, which Node runs. */
export const BUILT = fileURLToPath(new URL('../../../dist-server/main.js', import.meta.url))

/** @throws where nobody has built it */
export function needBuilt(): void {
  if (!existsSync(BUILT)) throw new Error('dist-server/main.js is missing: npm run build')
}
