/** Whoever runs the gateway, known by where he is or by what he shows. */
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { safeEqual } from '../access/safeEqual.ts'
import type { Secret } from '../config/secret.ts'

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via']

/**
 * Does the request come from this machine, or show the token? What came through a proxy on this machine did not come from it.
 *
 * @param token null = nobody elsewhere has one
 */
export function mayScrape(c: Context, token: Secret | null): boolean {
  const shown = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  if (token !== null && shown !== undefined) return safeEqual(shown, token.reveal())
  const { incoming } = c.env as HttpBindings
  const peer = incoming.socket.remoteAddress ?? ''
  const local = peer === '::1' || peer.replace(/^::ffff:/, '').startsWith('127.')
  return local && FORWARDED.every((name) => c.req.header(name) === undefined)
}
