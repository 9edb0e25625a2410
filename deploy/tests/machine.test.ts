/** The package on a Debian machine with systemd: from `apt install` to the first row, and every way in which a service's life can go on. */
import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bootMachine, waitFor } from './machine.ts'
import type { Machine } from './machine.ts'
import { suite } from './machineBase.ts'
import { NODES, plantNode, SECRET } from './machineNode.ts'
import { buildPackage, difference, inventory, NEXT } from './machinePackage.ts'

const VERSION = '1.0.0'
const CONF = '/etc/supermon-live/supermon-live.conf'
const DROP_IN = '/run/systemd/system/supermon-live.service.d/test.conf'

let machine: Machine
let bare: string[]
const folders: string[] = []
let next: string

beforeAll(async () => {
  const [one, two] = [await buildPackage(VERSION), await buildPackage(NEXT)]
  folders.push(one.folder, two.folder)
  machine = await bootMachine(suite())
  await plantNode(machine)
  for (const { deb } of [one, two]) await machine.copyIn(deb, `/root/${basename(deb)}`)
  next = `/root/${basename(two.deb)}`
  bare = await inventory(machine)
})
afterAll(async () => {
  await machine?.close()
  for (const folder of folders) await rm(folder, { recursive: true })
})

/** What systemd says of the service. */
async function property(name: string): Promise<string> {
  return machine.must(`systemctl show -P ${name} supermon-live`)
}

async function mainPid(): Promise<string> {
  const pid = await property('MainPID')
  // 0 = it does not run; kill would take that for its own group.
  if (!/^[1-9]\d*$/.test(pid)) throw new Error(`the service does not run: ${await machine.must('journalctl -u supermon-live --no-pager -n 20 -o cat')}`)
  return pid
}

/** Waits until it is active as another process than `before`, and gives that one. */
function restarted(before: string): Promise<string> {
  return waitFor('the service is another process', async () => {
    const pid = await property('MainPID')
    return (await property('ActiveState')) === 'active' && pid !== before && pid !== '0' ? pid : null
  })
}

/** Runs it with another line in its unit, until the next call. */
async function withLine(section: string, line: string): Promise<void> {
  await machine.put(DROP_IN, `[${section}]\n${line}\n`)
  await machine.must('systemctl daemon-reload')
}

async function unchanged(): Promise<void> {
  await machine.must(`rm -f ${DROP_IN} && systemctl daemon-reload && systemctl reset-failed supermon-live; systemctl restart supermon-live`)
}

const setting = async (name: string) => new RegExp(`^${name} = (.*)$`, 'm').exec(await machine.read(CONF))?.[1]
/** As the machine's browser would reach it. */
const page = async () => `http://127.0.0.1${(await setting('base')) ?? ''}`
const get = async (path: string) => JSON.parse(await machine.must(`node -e "fetch('${await page()}${path}').then(async (r) => console.log(await r.text()))"`)) as { data: unknown }
const nodesServed = async () => ((await get('/api/v1/nodes')).data as { id: string }[]).map(({ id }) => id)

describe(`on ${suite()}, apt install ./supermon-live.deb`, () => {
  it('ends with a live row in the viewer, through the Apache of the machine', async () => {
    const from = Date.now()
    const said = await machine.must(`apt-get install -y --no-install-recommends /root/supermon-live_${VERSION}_all.deb 2>&1`)
    const installed = Date.now() - from
    expect(said).not.toContain(SECRET)
    // apt logs it, so that not even the secret that is proposed may be there.
    expect(said).toMatch(/^ {4}secret = \[secret\]\r?$/m)
    const row = JSON.parse(await machine.must(`node /opt/probe/main.js ${(await page()).replace('http', 'ws')}/ws/${NODES[0]} ${from}`)) as { ms: number; links: number }
    process.stdout.write(`apt install ${installed} ms, first live row after ${row.ms} ms\n`)
    expect(row.links).toBe(4)
    expect(await nodesServed()).toEqual([...NODES])
  })

  it('is a service that systemd knows to be ready, enabled, and its own user', async () => {
    expect(await property('ActiveState')).toBe('active')
    expect(await property('StatusText')).toMatch(/^serving 2 nodes at http:\/\/127\.0\.0\.1:8105\//)
    expect(await machine.must('systemctl is-enabled supermon-live')).toBe('enabled')
    const pid = await mainPid()
    expect(await machine.must(`ps -o user=,args= -p ${pid}`)).toMatch(/^supermo\S* +node \/usr\/lib\/supermon-live\/main\.js$/)
    expect(await machine.must(`supermon-live --version`)).toBe(VERSION)
  })

  it('is well, says its doctor, who looks at all of it', async () => {
    // Its exit code is 1 where nobody sets the clock, as in a machine of the tests.
    const { findings } = JSON.parse((await machine.run('supermon-live doctor --json')).stdout) as { findings: { id: string; state: string }[] }
    const [clock, rest] = [findings.filter(({ id }) => id.startsWith('clock')), findings.filter(({ id }) => !id.startsWith('clock'))]
    expect(rest.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'settings ok', 'service ok', 'gateway ok', 'ami ok', 'events ok', 'page ok', 'api ok', 'socket ok', 'socket ok', 'forwarded ok', 'tls skipped', 'files ok',
    ])
    expect(['clock', 'clock-free']).toContain(clock[0]?.id)
  })

  it('lets nobody but root and the service read passwords of AMI, and logs none', async () => {
    expect(await machine.must("stat -c '%a %U %G' /etc/supermon-live/allmon.ini")).toBe('640 root supermon-live')
    expect(await machine.must('journalctl -u supermon-live --no-pager')).not.toContain(SECRET)
  })

  it('has a man page and a README', async () => {
    expect(await machine.must('zcat /usr/share/man/man1/supermon-live.1.gz | head -1')).toContain(VERSION)
    expect(await machine.must('head -1 /usr/share/doc/supermon-live/README.md')).toBe('# Supermon Live')
  })
})

describe('the service', () => {
  it('reads its files again at systemctl reload, and stays the same process', async () => {
    const pid = await mainPid()
    const config = (await setting('config')) ?? ''
    const text = await machine.read(config)
    await machine.must(`sed 's/\\[${NODES[1]}\\]/[2000]/' ${config} > /root/changed && cat /root/changed > ${config}`)
    await machine.must('systemctl reload supermon-live')
    await waitFor('it is ready again', async () => ((await property('StatusText')).startsWith('serving') && (await nodesServed()).includes('2000') ? true : null), 1_500)
    expect(await property('MainPID')).toBe(pid)
    await machine.put('/root/before', text)
    await machine.must(`cat /root/before > ${config} && systemctl reload supermon-live`)
    await waitFor('it is as before', async () => ((await nodesServed()).includes(NODES[1]) ? true : null))
  })

  it('takes a rollout that root decides within two seconds', async () => {
    expect(await machine.must('supermon-live rollout set 10')).toContain('10')
    await waitFor('the flag says so', async () => ((await machine.must(`supermon-live rollout status`)).includes('10') ? true : null), 1_000)
    await waitFor('the gateway says so', async () => {
      const metrics = await machine.must(`node -e "fetch('http://127.0.0.1:' + ${(await setting('port')) ?? 8105} + '${(await setting('base')) ?? ''}/metrics').then(async (r) => console.log(await r.text()))"`)
      return /^supermon_live_rollout_percent(\{.*\})? 10$/m.test(metrics) ? true : null
    }, 1_000)
    await machine.must('supermon-live rollout set 100')
  })

  it('keeps figures in its state folder over a restart', async () => {
    await machine.must('systemctl restart supermon-live')
    expect(await setting('figures')).toBe('/var/lib/supermon-live/rollout-figures.json')
    expect(await machine.must("stat -c '%U %a' /var/lib/supermon-live /var/lib/supermon-live/rollout-figures.json")).toBe('supermon-live 750\nsupermon-live 644')
    expect(await machine.must('journalctl -u supermon-live --no-pager -o cat')).not.toMatch(/figures .*cannot/)
  })

  it('is started again after kill -9', async () => {
    const pid = await mainPid()
    await machine.must(`kill -9 ${pid}`)
    await restarted(pid)
    expect(await nodesServed()).toEqual([...NODES])
  })

  it('that hangs is killed by the watchdog and started again', async () => {
    await withLine('Service', 'WatchdogSec=3')
    await machine.must('systemctl restart supermon-live')
    const pid = await mainPid()
    // Three times what it is given: it is fed in time.
    await waitFor('nine seconds have passed', async () => (Number(await machine.must(`ps -o etimes= -p ${pid}`)) >= 9 ? true : null))
    expect(await property('MainPID')).toBe(pid)
    await machine.must(`kill -STOP ${pid}`)
    await restarted(pid)
    expect(await machine.must('journalctl -u supermon-live --no-pager -o cat')).toContain('Watchdog timeout')
    await unchanged()
  })

  it('with a wrong setting is not started over and over, and says which line is wrong', async () => {
    await machine.must(`cp -p ${CONF} /root/kept && echo 'limits = radio' >> ${CONF}`)
    await machine.run('systemctl restart supermon-live')
    await waitFor('it has failed', async () => ((await property('ActiveState')) === 'failed' ? true : null))
    expect([await property('ExecMainStatus'), await property('SubState'), await property('NRestarts')]).toEqual(['2', 'failed', '0'])
    expect(await machine.must('journalctl -u supermon-live --no-pager -o cat -n 20')).toMatch(/supermon-live\.conf:\d+: limits/)
    await machine.must(`cat /root/kept > ${CONF}`)
    await unchanged()
    expect(await property('ActiveState')).toBe('active')
  })

  it('reads files of a group that it is given', async () => {
    await machine.must("cp /var/lib/asterisk/astdb.txt /root/astdb && install -m 0640 -g www-data /root/astdb /var/lib/asterisk/other.txt")
    await withLine('Service', 'Environment=SUPERMON_LIVE_ASTDB=/var/lib/asterisk/other.txt\nSupplementaryGroups=www-data')
    await machine.must('systemctl restart supermon-live')
    expect(((await get('/api/v1/nodes')).data as { callsign: string | null }[])[0]?.callsign).toBe('W5GLE')
    await unchanged()
    await machine.must('rm /var/lib/asterisk/other.txt')
  })

  it('is not set up with a file that systemd hides from it, and the command that setup names then puts that right', async () => {
    await machine.must(`cp -a /etc/supermon-live /root/etc-kept && rm ${CONF} && mkdir -p /home/pi && sed 's/\\[${NODES[1]}\\]/[2000]/' /etc/supermon-live/allmon.ini > /home/pi/allmon.ini`)
    const { code, stderr } = await machine.run('supermon-live setup --yes --config /home/pi/allmon.ini')
    expect([code, stderr]).toEqual([1, expect.stringContaining('cannot see /home/pi/allmon.ini')])
    const [, command = 'false'] = /: (sudo install .*)$/m.exec(stderr) ?? []
    // Whoever is root here has no sudo.
    await machine.must(command.replaceAll('sudo ', ''))
    expect(await nodesServed()).toEqual([NODES[0], '2000'])
    await machine.must('rm -r /home/pi /etc/supermon-live && cp -a /root/etc-kept /etc/supermon-live && supermon-live web --refresh && systemctl restart supermon-live')
    expect(await nodesServed()).toEqual([...NODES])
  })

  it('stops within five seconds with exit code 0, and says so', async () => {
    const from = Date.now()
    await machine.must('systemctl stop supermon-live')
    expect(Date.now() - from).toBeLessThan(5_000)
    expect([await property('ExecMainStatus'), await property('Result')]).toEqual(['0', 'success'])
    await machine.must('systemctl start supermon-live')
  })
})

describe('afterwards', () => {
  const configuration = async () => (await inventory(machine)).filter((line) => line.includes('/etc/supermon-live'))

  it('an upgrade keeps the configuration and ends with the new version serving', async () => {
    await machine.must(`echo '# a remark of mine' >> ${CONF}`)
    const [before, pid] = [await configuration(), await mainPid()]
    await machine.must(`apt-get install -y --no-install-recommends ${next} 2>&1`)
    expect(await configuration()).toEqual(before)
    await restarted(pid)
    expect(await nodesServed()).toEqual([...NODES])
    expect(JSON.stringify(await get('/healthz'))).toContain(NEXT)
    await machine.must(`node /opt/probe/main.js ${(await page()).replace('http', 'ws')}/ws/${NODES[0]} 0`)
  })

  it('an upgrade leaves a service alone that was disabled', async () => {
    await machine.must('systemctl disable supermon-live 2>&1')
    await machine.must(`apt-get install -y --reinstall --no-install-recommends ${next} 2>&1`)
    expect((await machine.run('systemctl is-enabled supermon-live')).stdout.trim()).toBe('disabled')
    await machine.must('systemctl enable supermon-live 2>&1')
  })

  it('remove leaves nothing but the configuration, and stops the service', async () => {
    const before = await configuration()
    await machine.must('apt-get remove -y supermon-live 2>&1')
    expect(await configuration()).toEqual(before)
    expect(difference(bare, await inventory(machine)).filter((line) => !line.includes('/etc/supermon-live')))
      .toEqual(modulesOfApache(await inventory(machine)))
    expect((await machine.run('systemctl is-active supermon-live')).stdout.trim()).toBe('inactive')
    await machine.must('apache2ctl configtest 2>&1')
  })

  it('installed again, it is as it was', async () => {
    await machine.must(`apt-get install -y --no-install-recommends ${next} 2>&1`)
    await machine.must(`node /opt/probe/main.js ${(await page()).replace('http', 'ws')}/ws/${NODES[0]} 0`)
    expect(await machine.must('systemctl is-enabled supermon-live')).toBe('enabled')
  })

  it('purge leaves nothing', async () => {
    await machine.must('apt-get purge -y supermon-live 2>&1')
    expect(difference(bare, await inventory(machine))).toEqual(modulesOfApache(await inventory(machine)))
    expect((await machine.run('getent passwd supermon-live; getent group supermon-live')).stdout).toBe('')
  })

  /** Links to modules that Apache was asked to load stay: others may rely on them by now. */
  function modulesOfApache(now: readonly string[]): string[] {
    return difference(bare, now).filter((line) => /^\+ .*\/etc\/apache2\/mods-enabled\//.test(line))
  }
})

it('without nodes the package is installed, says what to do, and nothing runs', async () => {
  await machine.must('systemctl disable --now asterisk 2>&1; mv /etc/asterisk /root/asterisk')
  const said = await machine.must(`apt-get install -y --no-install-recommends ${next} 2>&1`)
  expect(said).toContain('supermon-live setup')
  expect(await property('ActiveState')).toBe('inactive')
  await machine.must('mv /root/asterisk /etc/asterisk; systemctl enable --now asterisk 2>&1')
  await machine.must('supermon-live setup --yes && systemctl start supermon-live')
  await machine.must(`node /opt/probe/main.js ${(await page()).replace('http', 'ws')}/ws/${NODES[0]} 0`)
})

it('installed before the web server, it is told to that one as soon as it comes', async () => {
  await machine.must('apt-get purge -y supermon-live 2>&1; systemctl stop apache2; mv /usr/sbin/apache2 /usr/sbin/nginx /root/')
  const said = await machine.must(`apt-get install -y --no-install-recommends ${next} 2>&1`)
  expect(said).toContain('no web server')
  await machine.must('mv /root/apache2 /root/nginx /usr/sbin/; systemctl start apache2')
  // What dpkg does when a package brings that file.
  await machine.must('dpkg-trigger --no-await --by-package=apache2-bin /usr/sbin/apache2 && dpkg --configure -a 2>&1')
  await machine.must(`node /opt/probe/main.js ${(await page()).replace('http', 'ws')}/ws/${NODES[0]} 0`)
  // Who takes it out again is not told by the next update of Apache.
  await machine.must('supermon-live web --remove && dpkg-trigger --no-await --by-package=apache2-bin /usr/sbin/apache2 && dpkg --configure -a 2>&1')
  expect((await machine.run('ls /etc/apache2/conf-enabled/supermon-live.conf')).code).not.toBe(0)
})

it('installed before nodes and web server, and set up by hand after both: who takes the page out again has it out for good', async () => {
  await machine.must('apt-get purge -y supermon-live 2>&1; systemctl disable --now asterisk 2>&1; mv /etc/asterisk /root/asterisk; systemctl stop apache2; mv /usr/sbin/apache2 /usr/sbin/nginx /root/')
  await machine.must(`apt-get install -y --no-install-recommends ${next} 2>&1`)
  const apacheComes = 'dpkg-trigger --no-await --by-package=apache2-bin /usr/sbin/apache2 && dpkg --configure -a 2>&1'
  await machine.must(`mv /root/apache2 /root/nginx /usr/sbin/; systemctl start apache2; ${apacheComes}`)
  await machine.must('mv /root/asterisk /etc/asterisk; systemctl enable --now asterisk 2>&1; supermon-live setup --yes')
  await machine.must(`supermon-live web --remove && ${apacheComes}`)
  expect((await machine.run('ls /etc/apache2/conf-enabled/supermon-live.conf')).code).not.toBe(0)
})
