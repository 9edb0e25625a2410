/** What the options say of the way to a broker, with the files that they name: address, account, certificates, and the key that signs. */
import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { UsageError } from './options.ts'
import type { Options } from './options.ts'
import { Secret } from './secret.ts'

export interface BrokerAccess {
  /** `mqtt://host:1883` or `mqtts://host:8883`. */
  readonly url: string
  readonly username?: string
  readonly password?: string
  /** PEM. */
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

/**
 * @returns null = no broker is named
 * @throws UsageError when a file that the options name cannot be used
 */
export async function readBrokerAccess(options: Options): Promise<BrokerAccess | null> {
  const url = options.mqtt ?? options.fromMqtt
  if (url === null) return null
  const [password, ca, cert, key] = await Promise.all([
    readPassword(options.mqttPasswordFile),
    readPem('--mqtt-ca', options.mqttCa),
    readPem('--mqtt-cert', options.mqttCert),
    readPem('--mqtt-key', options.mqttKey),
  ])
  return {
    url,
    ...(options.mqttUser === null ? {} : { username: options.mqttUser }),
    ...(password === null ? {} : { password: password.reveal() }),
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
  }
}

/** What this gateway is called on the broker. */
export function brokerName({ mqttName }: Pick<Options, 'mqttName'>): string {
  return mqttName ?? (hostname().split('.')[0]?.replace(/[^0-9A-Za-z_-]/g, '').slice(0, 40) || 'gateway')
}

/**
 * @returns null = none is named
 * @throws UsageError when there is no such key
 */
export async function readSignKey(path: string | null): Promise<KeyObject | null> {
  const pem = await readPem('--mqtt-sign-key', path)
  if (pem === null) return null
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Said below; what the library says may quote the file.
  }
  throw new UsageError('--mqtt-sign-key holds no private Ed25519 key; make one with: openssl genpkey -algorithm ed25519 -out KEY.pem')
}

async function readPassword(path: string | null): Promise<Secret | null> {
  const text = await readPem('--mqtt-password-file', path)
  if (text === null) return null
  const [line = '', ...rest] = text.toString('utf8').split(/\r?\n/)
  if (line !== '' && rest.every((each) => each === '')) return new Secret(line)
  throw new UsageError('--mqtt-password-file holds no password; put it into the file, on one line')
}

async function readPem(option: string, path: string | null): Promise<Buffer | null> {
  if (path === null) return null
  return readFile(path).catch((error: unknown) => {
    throw new UsageError(`${option} cannot be read (${(error as { code?: string }).code ?? 'unknown'}); check its path and rights`)
  })
}
