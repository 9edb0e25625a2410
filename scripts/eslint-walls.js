/**
 * The walls of the house: which room may import from which. `docs/architecture.md` has the picture.
 * A file belongs to the longest room its path starts with; its imports may name its own room and those listed.
 */
import { dirname, relative, resolve } from 'node:path'

const ROOMS = {
  protocol: [],
  'frontend/src/env': ['protocol'],
  'frontend/src/services': ['frontend/src/env', 'protocol'],
  'frontend/src/stores': ['frontend/src/services', 'frontend/src/env', 'protocol'],
  'frontend/src/composables': ['frontend/src/stores', 'frontend/src/services', 'frontend/src/env', 'protocol'],
  'frontend/src/components': [
    'frontend/src/composables', 'frontend/src/stores', 'frontend/src/services', 'protocol',
  ],
  'frontend/src/views': [
    'frontend/src/components', 'frontend/src/composables', 'frontend/src/stores', 'frontend/src/services', 'protocol',
  ],
  'frontend/src/testing': ['frontend/src/stores', 'frontend/src/env', 'protocol'],
  'frontend/src/devtools': ['frontend/src/services', 'frontend/src/env'],
  'server/src/env': [],
  'server/src/ami': ['server/src/env'],
  'server/src/feed': ['server/src/ami', 'server/src/env', 'protocol'],
  'server/src/fleet': ['server/src/control', 'server/src/feed', 'server/src/config', 'server/src/env', 'protocol'],
  'server/src/gateway': ['server/src/feed', 'server/src/env', 'protocol'],
  'server/src/config': ['server/src/env', 'protocol'],
  'server/src/access': ['server/src/config', 'server/src/env'],
  'server/src/site': ['server/src/access', 'server/src/feed', 'server/src/config', 'server/src/env'],
  'server/src/control': ['server/src/feed', 'server/src/ami', 'server/src/env', 'protocol'],
  'server/src/rollout': ['server/src/access', 'server/src/config', 'server/src/env', 'protocol'],
  'server/src/web': ['server/src/config', 'server/src/env'],
  'server/src/setup': ['server/src/web', 'server/src/config', 'server/src/env', 'protocol'],
  'server/src/doctor': ['server/src/web', 'server/src/setup', 'server/src/access', 'server/src/ami', 'server/src/fleet', 'server/src/config', 'server/src/env', 'protocol'],
  'server/src/http': [
    'server/src/gateway', 'server/src/rollout', 'server/src/control', 'server/src/site', 'server/src/feed', 'server/src/access', 'server/src/config',
    'server/src/env',
    'protocol',
  ],
  'server/src/fake-asterisk': ['server/src/env'],
}

/** Packages that a room must not know: a service never knows Vue, the wire knows no socket library. */
const FOREIGN = {
  protocol: /^(vue|pinia|ws|node:|reconnecting-websocket|hono)/,
  'frontend/src/env': /^(vue|pinia|node:|ws$)/,
  'frontend/src/services': /^(vue|pinia|node:|ws$)/,
  'frontend/src/stores': /^(node:|ws$|reconnecting-websocket)/,
  'frontend/src/components': /^(node:|ws$|reconnecting-websocket)/,
}

function roomOf(path) {
  let best = null
  for (const room of Object.keys(ROOMS)) {
    if ((path === room || path.startsWith(`${room}/`)) && (best === null || room.length > best.length)) best = room
  }
  return best
}

const oneWay = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      wall: '{{from}} may not import {{to}} (allowed: {{allowed}}). See docs/architecture.md.',
      foreign: '{{from}} must not know the package {{name}}. See docs/architecture.md.',
    },
  },
  create(context) {
    const file = relative(context.cwd, context.filename).replaceAll('\\', '/')
    const from = roomOf(file)
    if (from === null) return {}
    function check(node) {
      const name = node.source?.value
      if (typeof name !== 'string') return
      if (!name.startsWith('.')) {
        if (FOREIGN[from]?.test(name)) context.report({ node, messageId: 'foreign', data: { from, name } })
        return
      }
      const target = relative(context.cwd, resolve(dirname(context.filename), name)).replaceAll('\\', '/')
      const to = roomOf(target) ?? target
      if (to !== from && !ROOMS[from].includes(to)) {
        context.report({ node, messageId: 'wall', data: { from, to, allowed: ROOMS[from].join(', ') || 'nothing' } })
      }
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    }
  },
}

export const walls = { rules: { 'one-way': oneWay } }
