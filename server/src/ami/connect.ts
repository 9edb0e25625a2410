import { createConnection } from 'node:net'
import type { Socket } from 'node:net'

/** Opens a TCP connection. Handed in so that tests can hold, count or break sockets. */
export type Connect = (target: { readonly host: string; readonly port: number }) => Socket

/** TCP without Nagle's delay, and with kernel keepalive as a last resort behind our own pings. */
export const tcpConnect: Connect = ({ host, port }) =>
  createConnection({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 })
