/** The command as an operator gives it, on real files. */
import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readText } from '../../src/access/readText.ts'
import { UsageError } from '../../src/config/optionValues.ts'
import { EVERYBODY, parseRollout, rolloutText } from '../../src/config/rolloutFile.ts'
import { rolloutCommand } from '../../src/rollout/command.ts'
import { RolloutWatch } from '../../src/rollout/rolloutWatch.ts'
import { CommandError } from '../../src/config/commandError.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  path = join(folder, 'rollout.json')
})
afterEach(() => rm(folder, { recursive: true }))

const NOW = Date.parse('2026-08-01T12:00:00Z')
/** What is printed. */
async function say(line: string, env: Record<string, string> = { SUDO_USER: 'w5gle' }, now = NOW): Promise<string> {
  let out = ''
  await rolloutCommand([...line.split(' ').filter((word) => word !== ''), '--rollout', path], { env, now, write: (text) => { out += text } })
  return out
}
const file = async () => {
  const { value, broken } = parseRollout(await readFile(path, 'utf8'))
  expect(broken).toBe(false)
  return value
}

describe('rollout', () => {
  it('makes the file at the first change, with a salt of its own that then stays', async () => {
    expect(await say('set 10')).toBe('10 percent hold sockets. Open pages follow within 10 s.\n')
    const first = await file()
    expect(first).toMatchObject({ enabled: true, percent: 10, history: [{ at: '2026-08-01T12:00:00.000Z', by: 'w5gle', did: 'set 10' }] })
    expect(first.salt).toMatch(/^[0-9a-f]{16}$/)
    await say('set 50')
    expect((await file()).salt).toBe(first.salt)
    await rm(path)
    await say('set 10')
    expect((await file()).salt).not.toBe(first.salt)
  })

  it('goes through the stages, and off and on keep the percent', async () => {
    expect(await say('set 0')).toContain('Internal stage: listed users and nodes hold sockets, nobody else.')
    await say('set 50')
    expect(await say('off')).toBe('The kill switch is thrown: nobody holds a socket. Open pages poll within 10 s.\n')
    expect(await file()).toMatchObject({ enabled: false, percent: 50 })
    expect(await say('set 10')).toContain('It takes effect after: rollout on')
    expect(await say('on')).toBe('10 percent hold sockets. Open pages follow within 10 s.\n')
    expect((await file()).history.map(({ did }) => did)).toEqual(['set 0', 'set 50', 'off', 'set 10', 'on'])
  })

  it('lists users and nodes, each on one list at most, however a name is capitalised', async () => {
    await say('allow user W5GLE')
    await say('allow node 546051')
    expect(await file()).toMatchObject({ allow: { users: ['W5GLE'], nodes: ['546051'] }, deny: { users: [], nodes: [] } })
    await say('deny user w5gle')
    expect(await file()).toMatchObject({ allow: { users: [], nodes: ['546051'] }, deny: { users: ['w5gle'], nodes: [] } })
    await say('unlist user W5GLE')
    await say('unlist node 546051')
    expect(await file()).toMatchObject({ allow: { users: [], nodes: [] }, deny: { users: [], nodes: [] } })
  })

  it('throws the kill switch by settings of which others are wrong or of a later version', async () => {
    const settings = join(folder, 'supermon-live.conf')
    await writeFile(settings, `of-a-later-version = yes\nport = radio\nno setting\nrollout = ${path}\n`)
    let out = ''
    const run = (line: string) => rolloutCommand(line.split(' '), { env: { SUPERMON_LIVE_SETTINGS: settings }, now: NOW, write: (text) => { out += text } })
    await run('off')
    expect([out, (await file()).enabled]).toEqual(['The kill switch is thrown: nobody holds a socket. Open pages poll within 10 s.\n', false])
    // The report is fetched from that port.
    await expect(run('report')).rejects.toThrow(`${settings}:2: port "radio" is not a port; give a number`)
    await writeFile(settings, `rollout = ${path}\nrollout = ${path}\n`)
    await expect(run('on')).rejects.toThrow(`${settings}:2: rollout stands in line 1 already; remove one of them`)
  })

  it('throws it whatever the environment says that is not of the file; the report needs the address that stands there', async () => {
    const env = { SUPERMON_LIVE_URL: 'nowhere', SUPERMON_LIVE_PORT: 'radio', SUPERMON_LIVE_USER: 'x' }
    await say('off', env)
    expect((await file()).enabled).toBe(false)
    const report = rolloutCommand(['report'], { env: { SUPERMON_LIVE_URL: 'nowhere' }, now: NOW, write: () => undefined })
    await expect(report).rejects.toThrow('--url "nowhere" is not an address; give one like http://127.0.0.1:8105; see: rollout --help')
  })

  it('understands what the gateway understands: a file with a byte order mark, and names in Windows-1252', async () => {
    await writeFile(path, '\uFEFF{"percent": 50}\r\n')
    expect(await say('status')).toContain('50 percent hold sockets.')
    await say('off')
    expect(await file()).toMatchObject({ enabled: false, percent: 50 })
    await writeFile(path, Buffer.from('{"deny": {"users": ["J\u00F6rg"]}}\n', 'latin1'))
    const deniedByTheGateway = async () => {
      const news = await readText(path, null)
      return news.kind === 'text' ? parseRollout(news.text).value.deny.users : null
    }
    expect(await deniedByTheGateway()).toEqual(['J\u00F6rg'])
    await say('set 20')
    expect(await deniedByTheGateway()).toEqual(['J\u00F6rg'])
  })

  it('writes nothing when it is so already', async () => {
    await say('set 10')
    const { mtimeMs } = await stat(path)
    expect(await say('set 10')).toContain('It is so already.')
    expect((await stat(path)).mtimeMs).toBe(mtimeMs)
    expect((await file()).history).toHaveLength(1)
  })

  it.each([
    'set', 'set 101', 'set -1', 'set 10%', 'set 1e1', 'set 10.5', 'set ten', 'set 10 20', 'set  ', 'off now', 'on 50', 'allow', 'allow user',
    'allow group club', 'allow node ../x', 'deny node 546051 2000', 'unlist W5GLE', 'sett 10', 'status all', '', '--force set 10', 'set 10 --users x', 'report now',
  ])('refuses "%s", says what to do, and touches nothing', async (line) => {
    await say('set 50')
    const before = await readFile(path, 'utf8')
    await expect(say(line)).rejects.toThrow(UsageError)
    await expect(say(line)).rejects.toThrow(/; (?:see: rollout --help|write for instance: rollout|leave it out)/)
    expect(await readFile(path, 'utf8')).toBe(before)
    expect(await readdir(folder)).toEqual(['rollout.json'])
  })

  it('finds its file beside the configuration, by arguments and by variables; without either it asks', async () => {
    await writeFile(join(folder, 'allmon.ini'), '')
    const run = (argv: string[], env: Record<string, string> = {}) => rolloutCommand(argv, { env, now: NOW, write: () => undefined })
    await run(['set', '10', `--config=${join(folder, 'allmon.ini')}`])
    await run(['set', '20'], { SUPERMON_LIVE_CONFIG: join(folder, 'allmon.ini'), SUPERMON_LIVE_USERS: 'x', SUPERMON_LIVE_AUTH: 'x' })
    await run(['set', '30'], { SUPERMON_LIVE_ROLLOUT: path })
    const { history, percent } = await file()
    expect([percent, history.length, history[0]?.by]).toEqual([30, 3, userInfo().username])
    await expect(run(['status'])).rejects.toThrow(/which file; name it with --rollout FILE/)
  })

  it('is told of a configuration that is not there: beside it no gateway reads a thing', async () => {
    let out = ''
    const run = (line: string, config = 'almon.ini') => rolloutCommand([...line.split(' '), '--config', join(folder, config)], { env: {}, now: NOW, write: (text) => { out += text } })
    const goneOf = (config: string, where = path) => `There is no file ${config}, so perhaps no gateway reads ${where}: give --config the file that the gateway was given, or name its own with --rollout.`
    const gone = goneOf(join(folder, 'almon.ini'))
    for (const line of ['set 10', 'on', 'allow user W5GLE']) await expect(run(line), line).rejects.toThrow(new CommandError(`${gone} Nothing was changed.`))
    await expect(run('status')).rejects.toThrow(new CommandError(gone))
    expect([out, await readdir(folder)]).toEqual(['', []])
    // The folder in place of the file in it.
    await mkdir(join(folder, 'conf'))
    await expect(run('on', 'conf')).rejects.toThrow(goneOf(join(folder, 'conf')))
    // The brake of a gateway whose configuration was taken away must work.
    await run('off')
    expect([out, (await file()).enabled]).toEqual([`${gone}\nThe kill switch is thrown: nobody holds a socket. Open pages poll within 10 s.\n`, false])
  })

  it('asks whether a number is right that the configuration does not have: a node that is denied by a slip is not denied', async () => {
    const ini = join(folder, 'allmon.ini')
    await writeFile(ini, '[546051]\nhost = 127.0.0.1\nuser = u\npasswd = p\n')
    const run = async (line: string, config = ini) => {
      let out = ''
      await rolloutCommand([...line.split(' '), '--config', config], { env: { SUPERMON_LIVE_ROLLOUT: path }, now: NOW, write: (text) => { out += text } })
      return out
    }
    const doubt = `${ini} has no node 54605: is that number right? Users' own files may have it.\n`
    expect(await run('deny node 54605')).toBe(`Node 54605 holds no socket. Open pages follow within 10 s.\n${doubt}`)
    expect((await file()).deny.nodes).toEqual(['54605'])
    // Who takes it back has found out.
    for (const line of ['unlist node 54605', 'allow node 546051', 'allow user 54605', 'set 10', 'off', 'on']) expect(await run(line), line).not.toContain('has no node')
    for (const unclear of ['host = 127.0.0.1\n', '[546051\n']) {
      await writeFile(ini, unclear)
      expect(await run('deny node 54605')).not.toContain('has no node')
      await run('unlist node 54605')
    }
    expect(await run('deny node 54605', join(folder, 'none.ini'))).not.toContain('has no node')
  })

  it('keeps the mode of the file and the link that leads to it', async () => {
    await say('set 10')
    expect((await stat(path)).mode & 0o777).toBe(0o644)
    await chmod(path, 0o640)
    const link = join(folder, 'link.json')
    await symlink(path, link)
    await rolloutCommand(['set', '20', '--rollout', link], { env: {}, now: NOW, write: () => undefined })
    expect((await stat(path)).mode & 0o777).toBe(0o640)
    expect((await file()).percent).toBe(20)
  })

  it('does not change what somebody else is changing, and leaves nothing behind', async () => {
    await say('set 10')
    await writeFile(`${path}.new`, 'half a fi')
    await expect(say('set 50')).rejects.toThrow(/Somebody is changing the rollout: .*rollout\.json\.new is there\. Try again in a moment; .*remove that file/)
    expect([(await file()).percent, await readFile(`${path}.new`, 'utf8')]).toEqual([10, 'half a fi'])
    await rm(`${path}.new`)
    await say('set 50')
    expect(await readdir(folder)).toEqual(['rollout.json'])
  })

  it('of many at once loses none: each is done, or told that it was not', async () => {
    await say('set 10')
    const nodes = Array.from({ length: 20 }, (_, i) => String(2_000 + i))
    const done = await Promise.allSettled(nodes.map((node) => say(`allow node ${node}`)))
    const ok = nodes.filter((_, i) => done[i]?.status === 'fulfilled')
    expect((await file()).allow.nodes.toSorted()).toEqual(ok)
    for (const each of done) if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(CommandError)
  })

  it('does not touch a file that it does not understand, nor one that is nowhere', async () => {
    await writeFile(path, '{"percent": 1000}')
    for (const line of ['on', 'set 10', 'allow user W5GLE', 'status']) {
      await expect(say(line), line).rejects.toThrow(/"percent" cannot be used; write a whole number from 0 to 100\. Nothing was changed\. .*: rollout off$/)
      await expect(say(line)).rejects.toThrow(CommandError)
    }
    expect([await readdir(folder), await readFile(path, 'utf8')]).toEqual([['rollout.json'], '{"percent": 1000}'])
    const nowhere = rolloutCommand(['off', '--rollout', join(folder, 'none', 'r.json')], { env: {}, now: NOW, write: () => undefined })
    await expect(nowhere).rejects.toThrow(/there is no such folder\. Nothing was changed/)
    await rm(path)
    await mkdir(path)
    await expect(say('off')).rejects.toThrow(/it is a folder\. Nothing was changed/)
    expect(await readdir(folder)).toEqual(['rollout.json'])
  })

  it.each([
    ['a slip of the editor', '{"percent": 10, "shadow": fals}'], ['half of it', '{"percent": 10,'], ['nothing', ''], ['no text', '\0\uFFFF'], ['a value that cannot be', '{"enabled": "no", "percent": 1000}'],
  ])('brakes whatever the file holds, and puts that aside, word for word: %s', async (_what, text) => {
    const watch = new RolloutWatch({ path, named: true, warn: () => undefined })
    await writeFile(path, rolloutText(EVERYBODY))
    await watch.refresh()
    await writeFile(path, text, { mode: 0o640 })
    await chmod(path, 0o640)
    await watch.refresh()
    expect(watch.rollout.enabled).toBe(true)
    const said = await say('off')
    await watch.refresh()
    expect(watch.rollout.enabled).toBe(false)
    expect(said).toContain('The kill switch is thrown: nobody holds a socket. Open pages poll within 10 s.\n')
    expect(said).toMatch(/rollout\.json: (?:this is no JSON|"enabled" cannot be used); /)
    expect(said).toContain(`What stood there is in ${path}.broken, and counts no more. Before rollout on, say the stage anew (rollout set N)`)
    expect(await file()).toMatchObject({ ...EVERYBODY, enabled: false, salt: expect.stringMatching(/^[0-9a-f]{16}$/) as string, history: [{ by: 'w5gle', did: 'off' }] })
    expect(await readFile(`${path}.broken`, 'utf8')).toBe(text)
    expect([(await stat(path)).mode & 0o777, (await stat(`${path}.broken`)).mode & 0o777]).toEqual([0o640, 0o640])
  })

  it('puts aside what a link leads to, beside it, and writes over nothing that was put aside before', async () => {
    const link = join(folder, 'link.json')
    await symlink(path, link)
    for (const text of ['the first', 'the second', 'the third']) {
      await writeFile(path, text)
      await rolloutCommand(['off', '--rollout', link], { env: {}, now: NOW, write: () => undefined })
    }
    expect((await readdir(folder)).toSorted()).toEqual(['link.json', 'rollout.json', ...['', '.2', '.3'].map((count) => `rollout.json.broken${count}`)])
    expect(await Promise.all(['', '.2', '.3'].map((count) => readFile(`${path}.broken${count}`, 'utf8')))).toEqual(['the first', 'the second', 'the third'])
  })

  it.each([['11 s ago', -11_000], ['a year ago', -365 * 86_400_000], ['by a clock that was put back since', 3_600_000]])(
    'brakes over what a change left that broke off %s, and puts that aside', async (_when, ms) => {
      await say('set 10')
      await writeFile(`${path}.new`, 'half a fi')
      await utimes(`${path}.new`, 0, (NOW + ms) / 1_000)
      await expect(say('set 50')).rejects.toThrow(CommandError)
      expect(await say('off')).toBe(
        `The kill switch is thrown: nobody holds a socket. Open pages poll within 10 s.\nA change before broke off. What it left is in ${path}.new.broken, and counts for nothing.\n`,
      )
      expect(await file()).toMatchObject({ enabled: false, percent: 10 })
      expect([(await readdir(folder)).toSorted(), await readFile(`${path}.new.broken`, 'utf8')]).toEqual([['rollout.json', 'rollout.json.new.broken'], 'half a fi'])
      expect(await say('on')).toContain('10 percent hold sockets.')
    },
  )

  it('does not brake over what somebody may be writing, nor over what cannot be put aside', async () => {
    await say('set 10')
    await writeFile(`${path}.new`, 'half a fi')
    await utimes(`${path}.new`, 0, (NOW - 9_000) / 1_000)
    await expect(say('off')).rejects.toThrow(/Somebody is changing the rollout: .*rollout\.json\.new is there/)
    expect([(await file()).enabled, await readFile(`${path}.new`, 'utf8')]).toEqual([true, 'half a fi'])
    await rm(`${path}.new`)
    await mkdir(`${path}.new`)
    await expect(say('off')).rejects.toThrow(/rollout\.json\.new is there/)
    expect((await readdir(folder)).toSorted()).toEqual(['rollout.json', 'rollout.json.new'])
  })

  it('that cannot brake tells all the same where it has put what was in its way', async () => {
    // As on a full disk: what a change left has been put aside by then.
    await mkdir(path)
    await writeFile(`${path}.new`, 'half a fi')
    await utimes(`${path}.new`, 0, 0)
    await expect(say('off')).rejects.toThrow(
      `rollout.json cannot be changed: it is a folder. Nothing was changed; check the path, or run this as the user that may. A change before broke off. What it left is in ${path}.new.broken, and counts for nothing.`,
    )
    await expect(say('off')).rejects.toThrow(/as the user that may\.$/)
    expect((await readdir(folder)).toSorted()).toEqual(['rollout.json', 'rollout.json.new.broken'])
  })

  describe('brakes by several hands at once over what a change left that broke off', () => {
    const leave = async () => {
      await say('set 10')
      await writeFile(`${path}.new`, 'half a fi')
      await utimes(`${path}.new`, 0, 0)
    }

    it('and throws the switch: each has done it, or is told that another is at it', async () => {
      for (let round = 0; round < 150; round += 1) {
        await leave()
        const hands = await Promise.allSettled([1, 2, 3].map(() => say('off', {}, Date.now())))
        for (const hand of hands) if (hand.status === 'rejected') expect(String(hand.reason)).toContain('Somebody is changing the rollout')
        expect(hands.some(({ status }) => status === 'fulfilled')).toBe(true)
        expect((await file()).enabled).toBe(false)
        expect([(await readdir(folder)).toSorted(), await readFile(`${path}.new.broken`, 'utf8')]).toEqual([['rollout.json', 'rollout.json.new.broken'], 'half a fi'])
        for (const name of await readdir(folder)) await rm(join(folder, name))
      }
    })

    it('of which one has just put it aside: only that one takes it away', async () => {
      await leave()
      await link(`${path}.new`, `${path}.new.broken`)
      await expect(say('off', {}, Date.now())).rejects.toThrow('Somebody is changing the rollout')
      expect((await readdir(folder)).toSorted()).toEqual(['rollout.json', 'rollout.json.new', 'rollout.json.new.broken'])
    })

    it('of which one broke off when it had put it aside', async () => {
      await leave()
      await link(`${path}.new`, `${path}.new.broken`)
      expect(await say('off', {}, Date.now() + 11_000)).toContain(`What it left is in ${path}.new.broken, and counts for nothing.`)
      expect((await readdir(folder)).toSorted()).toEqual(['rollout.json', 'rollout.json.new.broken'])
    })
  })

  it('goes by a file of a later version, says what of it does not count, and leaves that as it was', async () => {
    const later = { when: 'night', percent: 50, allow: { users: ['W5GLE'], groups: ['club'] }, history: [{ at: '2026-07-01T12:00:00Z', by: 'w5gle', did: 'set 50', why: 'a net' }] }
    await writeFile(path, JSON.stringify(later))
    const told = `${path}: what this version does not know counts for nothing: "when", "allow.groups"; remove it unless a later version wrote it\n`
    expect(await say('status')).toMatch(/^50 percent hold sockets\.\n/)
    for (const line of ['status', 'off', 'on', 'set 50', 'set 100']) expect((await say(line)).endsWith(`\n${told}`), line).toBe(true)
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
      when: 'night', percent: 100, enabled: true, allow: { users: ['W5GLE'], nodes: [], groups: ['club'] }, history: [later.history[0], {}, {}, { did: 'set 100' }],
    })
  })

  it('remembers the newest 200 changes', async () => {
    const history = Array.from({ length: 200 }, (_, i) => ({ at: '2026-07-01T12:00:00Z', by: 'w5gle', did: `set ${i % 100}` }))
    await writeFile(path, JSON.stringify({ history }))
    await say('off')
    const after = (await file()).history
    expect([after.length, after[0]?.did, after.at(-1)?.did]).toEqual([200, 'set 1', 'off'])
  })

  it('prints how things stand, for people', async () => {
    expect(await say('status')).toBe(
      `100 percent hold sockets.\n\nKill switch  not thrown\nAllowed      nobody by name\nDenied       nobody by name\nCompare      nobody\nFile         ${path} is not there: the first change makes it\n`,
    )
    for (const line of ['set 0', 'set 10', 'allow user W5GLE', 'allow node 546051', 'deny node 2000', 'off']) await say(line)
    expect(await say('status')).toBe(
      'Nobody holds a socket: the kill switch is thrown, at 10 percent.\n\nKill switch  thrown; back with: rollout on\n' +
        `Allowed      users W5GLE; nodes 546051\nDenied       nodes 2000\nCompare      nobody\nFile         ${path}\n\nLast changes\n` +
        ['off', 'deny node 2000', 'allow node 546051', 'allow user W5GLE', 'set 10'].map((did) => `  2026-08-01 12:00  w5gle  ${did}\n`).join(''),
    )
    await say('on')
    expect(await say('status')).toContain('Compare      10 % of the pages on sockets')
    expect(await say('--help')).toMatch(/^Usage: supermon-live rollout/)
  })
})
