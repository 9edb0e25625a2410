import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { helpText, parseOptions, UsageError } from '../../src/config/options.ts'
import { refuseUnknownVariables, withoutServices } from '../../src/config/unknownVariables.ts'

const ROOT = join(import.meta.dirname, '../../..')
const said = (env: Record<string, string>): string => {
  try {
    refuseUnknownVariables(withoutServices(env))
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  return 'accepted'
}

describe('a variable that looks like ours', () => {
  it.each([
    [{ SUPERMON_LIVE_USER: '/etc/supermon-live/users' }, 'unknown variable "SUPERMON_LIVE_USER"; write SUPERMON_LIVE_USERS, or take it out of the environment; see --help for all'],
    [{ SUPERMON_LIVE_ANONYMOSU: 'none' }, 'unknown variable "SUPERMON_LIVE_ANONYMOSU"; write SUPERMON_LIVE_ANONYMOUS, or take it out of the environment; see --help for all'],
    [{ SUPERMON_LIVE_OF_A_LATER_VERSION: 'yes' }, 'unknown variable "SUPERMON_LIVE_OF_A_LATER_VERSION"; take it out of the environment; see --help for all'],
    [{ SUPERMON_LIVE_VOTER_PORT: '8205' }, 'unknown variable "SUPERMON_LIVE_VOTER_PORT"; write SUPERMON_LIVE_VOTER_PORTS, or take it out of the environment; see --help for all'],
    [{ 'SUPERMON_LIVE_\u001b[2J': 'x' }, 'unknown variable "SUPERMON_LIVE_?[2J"; take it out of the environment; see --help for all'],
  ])('and is none is refused, its value unseen: %j', (env, message) => {
    expect(said({ PATH: '/usr/bin', SUPERMON_LIVE_PORT: '8105', ...env })).toBe(message)
  })

  it('and says nothing, or is of somebody else, is left alone', () => {
    expect(said({ SUPERMON_LIVE_USER: ' ', SUPERMON_USERS: 'x', SUPERMONLIVE_USER: 'x', supermon_live_user: 'x' })).toBe('accepted')
  })

  it('and is what Kubernetes or Docker tell of a service is left alone, also where it has the name of one of ours', () => {
    const service = (name: string) => ({
      [`${name}_SERVICE_HOST`]: '10.0.0.9', [`${name}_SERVICE_PORT`]: '8105', [`${name}_SERVICE_PORT_HTTP`]: '8105', [`${name}_PORT`]: 'tcp://10.0.0.9:8105',
      [`${name}_PORT_8105_TCP`]: 'tcp://10.0.0.9:8105', [`${name}_PORT_8105_TCP_PROTO`]: 'tcp', [`${name}_PORT_8105_TCP_ADDR`]: '10.0.0.9',
    })
    const services = { ...service('SUPERMON_LIVE_BROKER'), ...service('SUPERMON_LIVE') }
    const ours = { SUPERMON_LIVE_CONFIG: '/etc/allmon.ini', DATABASE_PORT: 'tcp://10.0.0.7:5432' }
    expect([said(services), withoutServices({ ...services, ...ours })]).toEqual(['accepted', ours])
    expect(parseOptions([], withoutServices(services), []).port).toBe(8105)
    // Whoever runs the container names a port of his own.
    const chosen = { ...services, SUPERMON_LIVE_PORT: '9000' }
    expect([said(chosen), parseOptions([], withoutServices(chosen), []).port]).toEqual(['accepted', 9000])
  })

  it('and is one of the help, the documents or our own tools is known', () => {
    const files = ['server/src', 'deploy', 'scripts', 'bench', 'docs', 'examples'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.(?:ts|js|mjs|sh|md|json|service|yml|[0-9])$|^supermon-live$|^p\w+$/.test(entry.name) && !entry.parentPath.includes('node_modules'))
        .map((entry) => join(entry.parentPath, entry.name)))
    const texts = [helpText(), ...[...files, join(ROOT, 'vite.config.ts'), join(ROOT, 'package.json')].map((path) => readFileSync(path, 'utf8'))]
    const names = new Set(texts.flatMap((text) => [...text.matchAll(/SUPERMON_LIVE_[A-Z_]*[A-Z]\b/g)].map(([name]) => name)))
    expect([...names]).toEqual(expect.arrayContaining(['SUPERMON_LIVE_SETTINGS', 'SUPERMON_LIVE_URL', 'SUPERMON_LIVE_DEV_GATEWAY', 'SUPERMON_LIVE_SUITE', 'SUPERMON_LIVE_MQTT_KEY']))
    expect([...names].filter((name) => said({ [name]: 'x' }) !== 'accepted')).toEqual([])
  })
})
