/** The Asterisks of a configuration: which nodes share one, and a session to each. */
import { createHash } from 'node:crypto'
import { AmiHost } from './ami/amiHost.ts'
import type { AmiHostOptions, AmiHostStatus } from './ami/amiHost.ts'
import type { Connect } from './ami/connect.ts'
import type { AppLog } from './app.ts'
import type { NodeConfig } from './config/allmonIni.ts'
import type { Arrival } from './env/arrival.ts'
import type { FeedNode } from './feed/feedHouse.ts'
import type { HostHealth } from './http/health.ts'

export function feedNodes(nodes: readonly NodeConfig[]): FeedNode[] {
  return nodes.map((node) => ({ id: node.id, hostKey: hostKey(node) }))
}

/** Names one Asterisk and one account on it. Another password is another account; it stands here as a digest. */
export function hostKey(node: NodeConfig): string {
  const digest = createHash('sha256').update(node.secret.reveal()).digest('hex').slice(0, 16)
  return `${node.user}@${node.host}:${node.port}#${digest}`
}

/** Connections that mark when bytes came over them. */
export function marking(connect: Connect, arrival: Arrival): Connect {
  return (target) => connect(target).on('data', () => { arrival.mark() })
}

/** @param oneTooMany called when there are too many sessions for this one */
export function openHost(node: NodeConfig, log: AppLog, env: Pick<AmiHostOptions, 'clock' | 'random' | 'connect'>, oneTooMany: () => void): AmiHost {
  const host = new AmiHost({ ...env, host: node.host, port: node.port, user: node.user, secret: node.secret.reveal() })
  const fields = { host: node.host, port: node.port }
  let said = ''
  // Changes are worth a line, repetitions are not: a dead host is redialled for ever.
  host.onStatus((status) => {
    if (status.status === 'down' && status.reason.code === 'too-many') oneTooMany()
    const saying = status.status === 'down' ? status.reason.code : status.status
    if (status.status === 'connecting' || saying === said) return
    said = saying
    if (status.status === 'down') log.warn({ ...fields, code: status.reason.code }, `AMI down: ${status.reason.message}`)
    else log.info(fields, `AMI ${saying}`)
  })
  return host
}

export function hostHealth({ nodes, status }: { nodes: string[]; status: AmiHostStatus }): HostHealth {
  return { nodes, status: status.status, code: status.status === 'down' ? status.reason.code : null, since: status.since }
}
