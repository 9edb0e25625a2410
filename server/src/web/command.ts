/** `supermon-live web …`: lets the machine's web server lead to the gateway. Exit codes: 0 done or already done, 1 failed, 2 wrong usage. */
import { CommandError } from '../config/commandError.ts'
import { fail } from '../config/optionValues.ts'
import { parseOptions } from '../config/options.ts'
import type { Surroundings } from '../config/surroundings.ts'
import { runProgram } from '../env/runProgram.ts'
import type { RunProgram } from '../env/runProgram.ts'
import { apache } from './apache.ts'
import { carryOut } from './carryOut.ts'
import { HELP, readWords } from './words.ts'
import type { Words } from './words.ts'
import { Machine } from './machine.ts'
import { nginx } from './nginx.ts'
import { gatewayOf } from './plan.ts'
import type { ServerName, WebPlan } from './plan.ts'
import { freshSettings } from './freshSettings.ts'
import { textAt } from './steps.ts'
import type { Step } from './steps.ts'
import { isOurs } from './templates.ts'
import { parseWebConf, WEB_CONF, webConfText } from './webConf.ts'
import type { WebConf } from './webConf.ts'
import type { WebServer } from './webServer.ts'

export const SERVER: Readonly<Record<ServerName, (machine: Machine) => WebServer>> = { apache, nginx }

/**
 * @param argv what stands behind `web`
 * @throws UsageError, CommandError
 */
export async function webCommand(argv: readonly string[], surroundings: Surroundings, run: RunProgram = runProgram): Promise<void> {
  const words = readWords(argv)
  if (words === null) {
    surroundings.write(HELP)
    return
  }
  const machine = new Machine(words.root, run)
  const before = await readConf(machine)
  if (before === null && (words.refresh || (words.remove && words.conf === null))) {
    surroundings.write('No web server was set up by this command, so there is nothing to do.\n')
    return
  }
  const conf = words.refresh ? before : (words.conf ?? (words.remove ? before : null))
  if (conf === null) return fail('web needs the name of a web server', 'write supermon-live web apache or supermon-live web nginx; see: web --help')
  if (words.remove) await remove(conf, before, machine, words, surroundings)
  else await apply(conf, before, machine, words, surroundings)
}

async function apply(conf: WebConf, before: WebConf | null, machine: Machine, words: Words, surroundings: Surroundings): Promise<void> {
  const { write } = surroundings
  const server = SERVER[conf.server](machine)
  const into = conf.into ?? (before?.server === conf.server && conf.name === null ? before.into : null)
  const plan = await planOf(conf, words, surroundings)
  const files = await server.files(plan)
  if (words.print) {
    write(files.map(({ path, text }) => `# ${path}\n${text}`).join('\n'))
    return
  }
  const changed = words.force ? [] : await changedByHand(server, machine)
  if (changed.length > 0) {
    const sentence = `${changed.join(' and ')} was changed since it was made, so it is left alone`
    if (!words.refresh) throw new CommandError(`${sentence}. See what --print would write, or overwrite it with --force.`)
    write(`${sentence}.\n`)
    return
  }
  const steps: Step[] = [...(await server.steps(plan, files, { now: into, before: before?.into ?? null })), { kind: 'write', path: machine.at(WEB_CONF), text: webConfText({ ...conf, into }) }]
  await carryOut(steps, server, machine, words, write)
  if (words.dryRun) return
  write(`${whereItIs(conf, plan)}\n`)
  if (server.remark !== null) write(`${server.remark}\n`)
  if (before !== null && before.server !== conf.server) write(`The files for ${before.server} are still there: supermon-live web ${before.server} --remove takes them away.\n`)
}

async function remove(conf: WebConf, before: WebConf | null, machine: Machine, words: Words, { write }: Surroundings): Promise<void> {
  const server = SERVER[conf.server](machine)
  const steps = await server.removal(conf.into ?? before?.into ?? null)
  if (before === null || before.server === conf.server) steps.push({ kind: 'remove', path: machine.at(WEB_CONF) })
  await carryOut(steps, server, machine, words, write)
}

async function planOf(conf: WebConf, words: Words, surroundings: Surroundings): Promise<WebPlan> {
  const { env, sourceOf } = await freshSettings(surroundings.env, words.root)
  const { base, host, port, dialect } = parseOptions(words.options, {
    SUPERMON_LIVE_BASE: env['SUPERMON_LIVE_BASE'], SUPERMON_LIVE_PORT: env['SUPERMON_LIVE_PORT'],
    SUPERMON_LIVE_HOST: env['SUPERMON_LIVE_HOST'], SUPERMON_LIVE_DIALECT: env['SUPERMON_LIVE_DIALECT'],
  }, [], sourceOf)
  const { server, name, tls } = conf
  const site = name === null ? { layout: dialect === 'supermon-ng' ? 'sockets' : 'directory' } as const : { layout: 'host', name, tls } as const
  return { server, site, base, gateway: gatewayOf({ host, port }) }
}

async function readConf(machine: Machine): Promise<WebConf | null> {
  const text = await textAt(machine.at(WEB_CONF))
  return text === null ? null : parseWebConf(text, machine.at(WEB_CONF))
}

/** Which of our files somebody else had a hand in. */
async function changedByHand(server: WebServer, machine: Machine): Promise<string[]> {
  const texts = await Promise.all(server.mine.map(async (path) => textAt(machine.at(await machine.follow(path)))))
  return server.mine.filter((_, i) => !isOurs(texts[i] ?? '') && texts[i] !== null)
}

function whereItIs({ server, name, tls }: WebConf, { site, base }: WebPlan): string {
  if (name === null) return site.layout === 'sockets' ? `The sockets of the page below ${base}/ lead to Supermon Live.` : `Supermon Live is at ${base}/ of your site.`
  if (tls !== null) return `Supermon Live is at https://${name}${base}/`
  const live = `/etc/letsencrypt/live/${name}`
  return `Supermon Live is at http://${name}${base}/, without TLS, so passwords cross the network in the clear.\n` +
    `For TLS: certbot certonly --${server} -d ${name}\n` +
    `then:    supermon-live web ${server} --name ${name} --certificate ${live}/fullchain.pem --key ${live}/privkey.pem`
}
