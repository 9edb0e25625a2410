import type { Context } from 'hono'

export type JsonBody = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly code: 'too-long' | 'no-json' }

/**
 * Reads a request's body as JSON, without holding more than `maxBytes` of it. Hono's own limit fails with bodies of
 * unknown length, and its `json()` has none.
 */
export async function readJson(c: Context, maxBytes: number): Promise<JsonBody> {
  try {
    const announced = Number(c.req.header('content-length') ?? 0)
    if (announced > maxBytes) return { ok: false, code: 'too-long' }
    const { body } = c.req.raw
    if (body === null) return { ok: false, code: 'no-json' }
    const pieces: Uint8Array[] = []
    let length = 0
    // Leaving the loop early lets the rest go.
    for await (const piece of body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>) {
      length += piece.byteLength
      if (length > maxBytes) return { ok: false, code: 'too-long' }
      pieces.push(piece)
    }
    return { ok: true, value: JSON.parse(Buffer.concat(pieces).toString('utf8')) as unknown }
  } catch {
    // No JSON, or a request that broke off.
    return { ok: false, code: 'no-json' }
  }
}
