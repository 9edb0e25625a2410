import { isIPv6 } from 'node:net'

/** Asterisk's default AMI port. */
const AMI_PORT = 5038

export type HostResult =
  | { readonly ok: true; readonly host: string; readonly port: number }
  | { readonly ok: false; readonly code: 'bad-host' | 'bad-port'; readonly reason: string; readonly whatToDo: string }

const HOW = 'write host=address or host=address:port, an IPv6 address in brackets: [::1]:5038'

/**
 * Reads `name`, `name:port`, `192.0.2.1:port`, `[::1]`, `[::1]:port` or a bare IPv6 address. The value itself is kept out
 * of `reason`: `user:password@host` is a mistake people make.
 */
export function parseHost(value: string): HostResult {
  const text = value.trim()
  if (text === '') return { ok: false, code: 'bad-host', reason: 'host is empty', whatToDo: HOW }
  if (isIPv6(text)) return { ok: true, host: text, port: AMI_PORT }
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(text)
  const [, bracketed, name, portText] = match ?? []
  const host = bracketed ?? name ?? ''
  const valid = bracketed === undefined ? /^[0-9A-Za-z_](?:[0-9A-Za-z._-]{0,252})$/.test(host) : isIPv6(host)
  if (!valid) return { ok: false, code: 'bad-host', reason: 'host is no address', whatToDo: HOW }
  if (portText === undefined) return { ok: true, host, port: AMI_PORT }
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0
  if (port >= 1 && port <= 65535) return { ok: true, host, port }
  return { ok: false, code: 'bad-port', reason: 'the port of host is no number from 1 to 65535', whatToDo: HOW }
}
