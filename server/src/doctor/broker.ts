/** Does the broker let this gateway in, and does it hear of it? Of which others does a front hear there? */
import { brokerName, readBrokerAccess } from '../config/brokerAccess.ts'
import { UsageError } from '../config/options.ts'
import { systemClock } from '../env/clock.ts'
import { MqttBroker } from '../fleet/broker.ts'
import type { BrokerFault } from '../fleet/brokerFault.ts'
import { edgeStatusSchema, readMessage } from '../fleet/messages.ts'
import { nameIn, statusTopic } from '../fleet/topics.ts'
import { Report, word } from './finding.ts'
import type { Finding } from './finding.ts'
import type { Patient, Tools } from './patient.ts'

/** A broker that has said nothing for so long is not there, ms. */
const PATIENCE_MS = 6_000
/** What it keeps comes at once; nothing more is expected after so long without news, ms. */
const SETTLE_MS = 400

export async function lookAtBroker({ options }: Patient, { uid }: Tools): Promise<Finding[]> {
  const url = options.mqtt ?? options.fromMqtt
  if (url === null) return []
  const report = new Report('broker', `Broker ${new URL(url).host}`)
  try {
    const access = await readBrokerAccess(options)
    if (access === null) return []
    // Of a name of its own: two of one name throw each other off.
    const visit = await visitBroker((log) => new MqttBroker({ ...access, clientId: `supermon-live-doctor-${process.pid}`, clock: systemClock, random: Math.random, log }))
    if ('fault' in visit) return [report.wrong(visit.fault.code, `It cannot be reached: ${visit.fault.message}.`, fixOf(visit.fault.code, new URL(url)))]
    const account = options.mqttUser === null ? 'It lets us in' : `It lets ${options.mqttUser} in`
    return [options.mqtt === null ? lookAtEdges(report, account, visit.edges) : lookAtOwn(report, account, visit.edges, brokerName(options))]
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    if (uid !== 0 && error.message.includes('EACCES')) return [report.unknown('Only root can see the files of its account.', 'sudo supermon-live doctor')]
    return [report.wrong('broker-files', `${error.message}.`, 'sudo ls -l /etc/supermon-live')]
  }
}

function lookAtOwn(report: Report, account: string, edges: ReadonlyMap<string, boolean>, name: string): Finding {
  if (edges.get(name) === true) return report.ok(`${account}, and holds what ${name} reports about its nodes.`)
  return report.wrong('edge-untold', `${account}, but ${name} is not there: the gateway is not running, or the broker's access list lets it publish nothing.`, 'journalctl -u supermon-live -n 20 --no-pager')
}

function lookAtEdges(report: Report, account: string, edges: ReadonlyMap<string, boolean>): Finding {
  const [here, away] = [true, false].map((up) => [...edges].filter(([, is]) => is === up).map(([edge]) => edge).sort()) as [string[], string[]]
  if (edges.size === 0) return report.wrong('no-edges', `${account}, but no gateway reports any nodes to it.`, 'supermon-live doctor')
  if (away.length === 0) return report.ok(`${account}, and hears from ${here.join(', ')}.`)
  return report.wrong('edge-away', `${account}, but ${away.join(', ')} ${away.length === 1 ? 'is' : 'are'} not connected to it${here.length === 0 ? '' : `; ${here.join(', ')} ${here.length === 1 ? 'is' : 'are'}`}.`, `ssh ${word(away[0] ?? '', 'HOST')} sudo supermon-live doctor`)
}

type Visit = { readonly fault: BrokerFault } | { readonly edges: ReadonlyMap<string, boolean> }

/** @returns why it cannot be reached, or of which gateways it keeps a word, and whether they are there */
async function visitBroker(connect: (log: { info(): void; warn(): void }) => MqttBroker): Promise<Visit> {
  const edges = new Map<string, boolean>()
  let settled: () => void = () => undefined
  const heard = new Promise<void>((resolve) => { settled = resolve })
  // The first fault is enough.
  const broker = connect({ info: () => undefined, warn: () => { if (broker.fault !== null) settled() } })
  let timer = systemClock.setTimeout(settled, PATIENCE_MS)
  const wait = () => {
    systemClock.clearTimeout(timer)
    timer = systemClock.setTimeout(settled, SETTLE_MS)
  }
  broker.onUp(wait)
  broker.subscribe(statusTopic('+'), ({ topic, payload }) => {
    const [edge, status] = [nameIn(topic, statusTopic('+')), readMessage(edgeStatusSchema, payload)]
    if (edge === null || status === null) return
    edges.set(edge, status.up)
    wait()
  })
  await heard
  systemClock.clearTimeout(timer)
  const { up, fault } = broker
  await broker.close()
  if (up) return { edges }
  return { fault: fault ?? { code: 'mqtt-unreachable', message: `nothing answered within ${PATIENCE_MS / 1000} s; check the address, and that it is running` } }
}

function fixOf(code: BrokerFault['code'], { hostname }: URL): string {
  const host = word(hostname, 'BROKER')
  switch (code) {
    case 'mqtt-account':
    case 'mqtt-own-certificate':
    case 'mqtt-refused':
    case 'mqtt-same-name':
    case 'mqtt-other':
      return `ssh ${host} sudo journalctl -u mosquitto -n 20 --no-pager`
    case 'mqtt-certificate':
      return 'timedatectl'
    case 'mqtt-no-tls':
    case 'mqtt-closed':
      return `ssh ${host} sudo grep -rn listener /etc/mosquitto`
    case 'mqtt-unreachable':
      return `ssh ${host} sudo systemctl start mosquitto`
  }
}
