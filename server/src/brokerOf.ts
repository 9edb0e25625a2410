/** The broker that the options name: a way to connect to it, as edge or as front. */
import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import type { AppLog } from './app.ts'
import { UsageError } from './config/options.ts'
import type { Options } from './config/options.ts'
import { Secret } from './config/secret.ts'
import { systemClock } from './env/clock.ts'
import { MqttBroker } from './fleet/broker.ts'
import { OrderFrontsWatch } from './orderFrontsWatch.ts'
import type { EdgeSetup } from './overAmi.ts'
import type { FrontSetup } from './overMqtt.ts'

export interface BrokerSetup {
  readonly edge: EdgeSetup | null
  readonly front: FrontSetup | null
  /** Whose orders the edge takes; null = nobody's. */
  readonly orders: OrderFrontsWatch | null
}

/** @throws UsageError when a file that the options name cannot be used */
export async function brokerOf(options: Options, log: AppLog): Promise<BrokerSetup> {
  const url = options.mqtt ?? options.fromMqtt
  if (url === null) return { edge: null, front: null, orders: null }
  const name = options.mqttName ?? nameOfMachine()
  const [password, ca, cert, key, signKey, orders] = await Promise.all([
    readPassword(options.mqttPasswordFile),
    readPem('--mqtt-ca', options.mqttCa),
    readPem('--mqtt-cert', options.mqttCert),
    readPem('--mqtt-key', options.mqttKey),
    readSignKey(options.mqttSignKey),
    options.mqttOrders === null ? null : OrderFrontsWatch.open(options.mqttOrders, log),
  ])
  const common = {
    url, log,
    clock: systemClock,
    random: Math.random,
    ...(options.mqttUser === null ? {} : { username: options.mqttUser }),
    ...(password === null ? {} : { password: password.reveal() }),
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
  }
  // Two of the same name would throw each other out for ever, and none of another kind.
  const front: FrontSetup | null = options.fromMqtt === null ? null : {
    name,
    connect: () => new MqttBroker({ ...common, clientId: `supermon-live-front-${name}` }),
    ...(signKey === null ? {} : { signKey }),
  }
  const edge: EdgeSetup | null = options.mqtt === null ? null : {
    name,
    homeAssistant: options.mqttHomeAssistant,
    connect: (will) => new MqttBroker({ ...common, clientId: `supermon-live-edge-${name}`, will }),
    ...(orders === null ? {} : { fronts: () => orders.fronts }),
  }
  return { edge, front, orders }
}

function nameOfMachine(): string {
  return hostname().split('.')[0]?.replace(/[^0-9A-Za-z_-]/g, '').slice(0, 40) || 'gateway'
}

async function readPassword(path: string | null): Promise<Secret | null> {
  const text = await readPem('--mqtt-password-file', path)
  if (text === null) return null
  const [line = '', ...rest] = text.toString('utf8').split(/\r?\n/)
  if (line !== '' && rest.every((each) => each === '')) return new Secret(line)
  throw new UsageError('--mqtt-password-file holds no password; put it into the file, on one line')
}

async function readSignKey(path: string | null): Promise<KeyObject | null> {
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

async function readPem(option: string, path: string | null): Promise<Buffer | null> {
  if (path === null) return null
  return readFile(path).catch((error: unknown) => {
    throw new UsageError(`${option} cannot be read (${(error as { code?: string }).code ?? 'unknown'}); check its path and rights`)
  })
}
