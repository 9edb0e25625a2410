/** Why there is no connection to the broker, and what to do. */
export interface BrokerFault {
  /** Permanent: stands in the log. */
  readonly code: 'mqtt-account' | 'mqtt-certificate' | 'mqtt-own-certificate' | 'mqtt-no-tls' | 'mqtt-closed' | 'mqtt-unreachable' | 'mqtt-refused' | 'mqtt-same-name' | 'mqtt-other'
  readonly message: string
}

/** The connection ended before the broker said a word. */
export const CLOSED: BrokerFault = {
  code: 'mqtt-closed',
  message: 'the connection was closed before it answered; use mqtts:// if that port wants TLS, and mqtt:// if it does not',
}

/** Source: MQTT 5, 3.14.2.1: the broker gave the session to whoever came with the same client identifier. */
const TAKEN_OVER = 142

const SAME_NAME: BrokerFault = {
  code: 'mqtt-same-name',
  message: 'another gateway connected under the name of this one, so this one was disconnected; give each a --mqtt-name of its own',
}

/** Brokers that do not say so just end the connection: Mosquitto before 2.0.15 (its issue 2607), which Debian 12 has. */
export const ENDED_SOON: BrokerFault = {
  code: 'mqtt-same-name',
  message: 'it ends the connection each time soon after accepting this gateway; if another one has the same name, give each a --mqtt-name of its own, else check its log',
}

/** Source: MQTT 5, 3.2.2.2: bad user name or password, not authorized, banned. */
const ACCOUNT = new Set([134, 135, 138])
/** Source: Node.js, «Errors» and «TLS», X509 certificate error codes; what OpenSSL calls the alerts of RFC 8446, 6.2. */
const THEIR_CERTIFICATE = /^(?:UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|INVALID_CA|HOSTNAME_MISMATCH|ERR_TLS_CERT_ALTNAME)/
const OUR_CERTIFICATE = /^ERR_SSL_.*ALERT_(?:.*CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE|ACCESS_DENIED)/
const NO_TLS = /^(?:ERR_SSL_|EPROTO)/
const NETWORK = /^E(?!RR_)[A-Z_]+$/

/** @param error of the client library: its `code` is a reason of MQTT 5, of TLS, or of the system */
export function brokerFault(error: Error): BrokerFault {
  const { code } = error as { readonly code?: unknown }
  if (typeof code === 'number') return refused(code, error.message)
  const text = typeof code === 'string' ? code : ''
  // A name with several addresses fails with an error for each, and no sentence of its own.
  const why = error.message || text || 'unknown'
  if (THEIR_CERTIFICATE.test(text)) return { code: 'mqtt-certificate', message: `its certificate is not accepted (${why}); name who signed it with --mqtt-ca, and the broker as the certificate does` }
  if (OUR_CERTIFICATE.test(text)) return { code: 'mqtt-own-certificate', message: `it does not accept our certificate (${text}); name one that it knows with --mqtt-cert and --mqtt-key` }
  if (NO_TLS.test(text)) return { code: 'mqtt-no-tls', message: `there is no TLS at that port (${text}); find its port for mqtts://` }
  if (text === 'ECONNRESET' || text === 'EPIPE') return CLOSED
  if (NETWORK.test(text)) return { code: 'mqtt-unreachable', message: `${why}; check the address, and that it is running` }
  return { code: 'mqtt-other', message: `${why}; check its log` }
}

/**
 * @param reason with which the broker ended a connection that was there
 * @returns null = that it is gone is all there is to say
 */
export function endFault(reason: number | undefined): BrokerFault | null {
  return reason === TAKEN_OVER ? SAME_NAME : null
}

function refused(reason: number, why: string): BrokerFault {
  if (ACCOUNT.has(reason)) return { code: 'mqtt-account', message: `${why}; check --mqtt-user and --mqtt-password-file against its accounts` }
  return { code: 'mqtt-refused', message: `${why}; check its log` }
}
