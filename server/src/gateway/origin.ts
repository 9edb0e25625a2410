import type { IncomingMessage } from 'node:http'

/**
 * May this page connect? Browsers always say where a page comes from; scripts and apps do not, and they are not the
 * danger that this guards against (another site's page using a visitor's browser).
 */
export function originAllowed(request: Pick<IncomingMessage, 'headers'>): boolean {
  const { origin, host } = request.headers
  if (origin === undefined) return true
  try {
    return new URL(origin).host === host
  } catch {
    return false
  }
}
