/** What the web command says of its words, on folders that stand for machines. */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { CommandError } from '../../src/config/commandError.ts'
import { UsageError } from '../../src/config/optionValues.ts'
import { A2, APACHE, CONF, NGINX, SETTINGS, WEB_CONF, machine, removeMachines } from './machines.ts'

afterEach(removeMachines)

describe('the words of web', () => {
  it('says what is wrong and what to do', async () => {
    const image = await machine({ ...APACHE, ...NGINX })
    for (const [line, sentence] of [
      ['', /web needs the name of a web server; write supermon-live web apache/],
      ['lighttpd', /web "lighttpd" is not known; give one of apache, nginx/],
      ['apache nginx', /takes one web server/],
      ['apache --nmae x', /web has no option "--nmae"/],
      ['apache --name', /--name has no value/],
      ['apache --name http://node.example', /is not a host name; give one like node.example/],
      ['apache --name node.example --key /k.pem', /certificate and key belong together/],
      ['apache --certificate /c.pem --key /k.pem', /a certificate is for a host of its own/],
      ['apache --into /x', /--into is for nginx/],
      ['nginx --into /x --name node.example', /cannot be combined/],
      ['apache --remove --print', /--print and --remove cannot be combined; to see what would be removed, write --remove --dry-run/],
      ['--remove --print', /cannot be combined/],
      ['nginx --refresh', /--refresh makes anew what was told before, and takes neither a web server nor its site/],
      ['--refresh --name node.example', /takes neither a web server nor its site/],
      ['--refresh --remove', /--refresh and --remove cannot be combined/],
      ['apache --port 0', /the gateway has any free port/],
      ['apache --base /', /has no base path/],
    ] as const) {
      const failure = await image.web(line).catch((error: unknown) => error)
      expect(failure, line).toBeInstanceOf(UsageError)
      expect((failure as Error).message, line).toMatch(sentence)
    }
    await expect((await machine({})).web('apache')).rejects.toThrow(/Apache is not installed here: install it \(apt install apache2\)/)
    await expect((await machine({})).web('nginx')).rejects.toThrow(/nginx is not installed here/)
  })

  it('has a help, and nothing to make anew or take away where nothing was made', async () => {
    const image = await machine(APACHE)
    expect(await image.web('--help')).toContain('Usage: supermon-live web apache|nginx')
    for (const words of ['--refresh', '--remove']) expect(await image.web(words)).toContain('there is nothing to do')
    expect(Object.keys(await image.everything())).not.toContain(WEB_CONF)
  })

  it('takes all of it out again whatever the settings say, and writes nothing by settings that it does not understand', async () => {
    const image = await machine(APACHE)
    await image.web('apache')
    await image.write(SETTINGS, 'base = /supermon-live\nof-a-later-version = yes\n')
    await expect(image.web('apache')).rejects.toThrow(/supermon-live\.conf:2: there is no setting "of-a-later-version"/)
    await image.web('--remove')
    expect(Object.keys(await image.everything()).filter((path) => path === CONF || path === WEB_CONF)).toEqual([])
  })

  it('says that it needs root where it may not write', async () => {
    const image = await machine(APACHE)
    // A file where a folder belongs: root itself may not write there either.
    await rm(image.at(`${A2}/conf-available`), { recursive: true, force: true })
    await writeFile(image.at(`${A2}/conf-available`), '')
    await expect(image.web('apache')).rejects.toThrow(CommandError)
    await rm(image.at(`${A2}/conf-available`))
    await mkdir(image.at(`${A2}/conf-available`))
    await image.web('apache')
    expect((await stat(image.at(WEB_CONF))).mode & 0o777).toBe(0o644)
    expect(await readFile(image.at(CONF), 'utf8')).toContain('ProxyPass')
  })
})
