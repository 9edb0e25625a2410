/** The CLI commands that dashboards send. app_rpt's wrapper (rpt_cli.c `res2cli`) calls every failure a success. */
import { cliWords } from './cliWords.ts'
import type { CliOutput } from './commandAction.ts'
import { clockTextMs } from './durations.ts'
import { echoLinkDbget } from './echolink.ts'
import type { EchoLinkDirectory } from './echolink.ts'
import { sortedTokens } from './linkLists.ts'
import type { Knobs } from './knobs.ts'
import { FUNCTIONS } from './nodeCommands.ts'
import type { NodeCommands } from './nodeCommands.ts'
import { nodeStatistics } from './nodeStatistics.ts'
import type { RptNode } from './rptNode.ts'
import type { RptServer } from './rptServer.ts'
import { connColumns, shownLinks, stateValues } from './rptStatus.ts'

const SILENT: CliOutput = { text: '', failed: false }

/**
 * How each command is written. A real server's usage goes on with what the command does and with examples, in other words from version to version:
 * a client may rely on the first line at most, and on its being called a failure.
 */
const FORM = {
  cmd: 'rpt cmd <nodename> <cmd-name> <cmd-index> <cmd-args>',
  fun: 'rpt fun <nodename> <command>',
  set: 'rpt set variable <nodename> <name=value> [<name=value>...]',
  show: 'rpt show variables <nodename>',
} as const
/** Commands that take a node and nothing else. */
const OF_A_NODE: ReadonlySet<string> = new Set(['lstats', 'nodes', 'stats', 'xnode'])

function say(text: string): CliOutput {
  return { text, failed: false }
}

function usage(form: string): CliOutput {
  return { text: `Usage: ${form}\n`, failed: true }
}

/** What a CLI line finds. */
export interface CliWorld {
  readonly server: RptServer
  readonly commands: NodeCommands
  readonly echoLink: EchoLinkDirectory
  readonly knobs: () => Knobs
}

/** Runs one CLI line and tells what it prints. */
export function runCli(line: string, { server, commands, echoLink, knobs }: CliWorld): CliOutput {
  const { dialect, echoLinkLoaded } = knobs()
  const old = dialect === 'asl2'
  const words = cliWords(line)
  // The words of a command match in any case (cli.c `word_match`); a node is what it is.
  const [first, second, third, fourth] = words.map((word) => word.toLowerCase())
  if (first === 'rpt' && second !== undefined) {
    const done = rpt(second, words, server, commands, knobs())
    if (done !== null) return done
  }
  if (first === 'core' && second === 'show' && third === 'uptime') {
    const seconds = Math.floor((server.clock.now() - server.startedAt) / 1_000)
    if (fourth === 'seconds') return say(`System uptime: ${seconds}\nLast reload: ${seconds}\n`)
    return say(`System uptime: ${seconds} seconds\nLast reload: ${seconds} seconds\n`)
  }
  if (echoLinkLoaded && first === 'echolink' && second === 'dbget') return echoLinkDbget(line, words, echoLink, server, old)
  // The words up to the first that no command has (cli.c `find_best`).
  const best = words.slice(0, first === 'echolink' && !echoLinkLoaded ? 1 : 2).join(' ')
  const text = old
    ? `No such command '${best}' (type 'help' for help)\n`
    : `No such command '${line}' (type 'core show help ${best}' for other possible commands)\n`
  return { text, failed: true }
}

function rpt(name: string, words: readonly string[], server: RptServer, commands: NodeCommands, { dialect, notReady }: Knobs): CliOutput | null {
  // Up to app_rpt 3.4.5 every command has six words, also one that reads no argument (rpt_cli.c `rpt_do_cmd`).
  if (name === 'cmd') return dialect === 'asl2' && words.length !== 6 ? usage(FORM.cmd) : rptCmd(words, server, commands, notReady)
  const third = words[2]?.toLowerCase()
  if (name === 'set' && third === 'variable') return setVariables(words, server)
  if (name === 'show' && third === 'variables') return words[3] === undefined ? usage(FORM.show) : showVariables(words[3], server)
  if (name === 'localnodes') {
    return say(`                         \nNode\n----\n${[...server.nodes.keys()].map((id) => `${id}\n`).join('')}\n`)
  }
  const node = server.nodes.get(words[2] ?? '')
  if (OF_A_NODE.has(name) && words.length !== 3) return usage(`rpt ${name} <nodename>`)
  switch (name) {
    case 'fun':
      if (words.length !== 4) return usage(FORM.fun)
      if (node !== undefined) commands.dtmf(node, words[3] ?? '')
      return SILENT
    case 'lstats':
      return node === undefined ? SILENT : linkStats(node, server)
    case 'nodes':
      return node === undefined ? SILENT : linkedNodes(node)
    case 'stats':
      return node === undefined ? SILENT : say(nodeStatistics(node, server))
    case 'xnode':
      return node === undefined ? SILENT : xnode(node, server)
    default:
      return null
  }
}

function rptCmd(words: readonly string[], server: RptServer, commands: NodeCommands, notReady: readonly string[]): CliOutput {
  const [, , id, name, ...args] = words
  if (id === undefined || name === undefined) return usage(FORM.cmd)
  const node = server.nodes.get(id)
  if (node === undefined) return say(`Unknown node number ${id}.\n`)
  if (notReady.includes(id)) return say(`Node ${id} is not ready.\n`)
  const needed = FUNCTIONS.get(name.toLowerCase())
  if (needed === undefined) return say(`Unknown action name ${name}.\n`)
  if (args.length < needed) return usage(FORM.cmd)
  commands.submit(node, name, args)
  return SILENT
}

/** The error names the wrong word, as the real one does (rpt_cli.c `rpt_do_setvar`). */
function setVariables(words: readonly string[], server: RptServer): CliOutput {
  const [, , word = '', id, ...pairs] = words
  if (id === undefined || pairs.length === 0) return usage(FORM.set)
  const node = server.nodes.get(id)
  if (node === undefined) return say(`Unknown node number ${word}.\n`)
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at !== -1) node.vars.set(pair.slice(0, at), pair.slice(at + 1))
  }
  return SILENT
}

function showVariables(id: string, server: RptServer): CliOutput {
  const node = server.nodes.get(id)
  if (node === undefined) return say(`Unknown node number ${id}.\n`)
  const list = node.vars.list()
  const lines = list.map(([name, value]) => `   ${name}=${value}\n`).join('')
  return say(`Variable listing for node ${node.id}:\n${lines}    -- ${list.length} variables\n`)
}

function linkStats(node: RptNode, server: RptServer): CliOutput {
  const now = server.clock.now()
  const links = [...shownLinks(node)].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  return say(
    [
      'NODE      PEER                RECONNECTS  DIRECTION  CONNECT TIME        CONNECT STATE\n',
      '----      ----                ----------  ---------  ------------        -------------\n',
      ...links.map((l) => `${connColumns(l, clockTextMs(now - l.since))}\n`),
    ].join(''),
  )
}

function linkedNodes(node: RptNode): CliOutput {
  const tokens = sortedTokens(node.linkedTokens())
  const rows: string[] = []
  for (let i = 0; i < tokens.length; i += 8) rows.push(tokens.slice(i, i + 8).join(', '))
  const list = rows.length === 0 ? '<NONE>' : rows.join('\n')
  return say(`\n************************* CONNECTED NODES *************************\n\n${list}\n\n`)
}

/** The CLI writes the `_ena` values the other way round than XStat does. */
function xnode(node: RptNode, server: RptServer): CliOutput {
  const now = server.clock.now()
  const links = [...shownLinks(node)].reverse().map((l) => `${connColumns(l, clockTextMs(now - l.since))}\n`)
  const tokens = sortedTokens(node.linkedTokens())
  const inverted = ['sys_ena', 'tot_ena', 'link_ena', 'patch_ena', 'sch_ena', 'user_funs', 'iconns']
  const states = stateValues(node, now).map(([name, value]) => {
    const shown = inverted.includes(name) ? (value === '1' ? '0' : '1') : value
    return `${name}=${shown}\n`
  })
  const vars = node.vars.list().map(([name, value]) => `${name}=${value}\n`)
  const list = tokens.length === 0 ? '<NONE>' : tokens.join(', ')
  return say(['\n', ...links, '\n', list, '\n\n', ...vars, '\n', ...states, '\n'].join(''))
}
