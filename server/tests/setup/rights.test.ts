/** Whether the service may read what its settings name, on real files with real modes. */
import { chmod, chown, mkdir, stat, symlink } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { Machine, on, SUPERMON, SUPERMON_FILES } from './machine.ts'

const RIGHTS = '/etc/systemd/system/supermon-live.service.d/rights.conf'
const INI = `${SUPERMON}/user_files/allmon.ini`
/** Files belong to whoever runs this, and to his group, whatever that is called here. */
const GID = process.getgid?.() ?? 0
const isRoot = process.getuid?.() === 0
const PASSWD = 'supermon-live:x:40001:40002::/nonexistent:/usr/sbin/nologin\n'
const group = (gid: number, members = '') => `supermon-live:x:40002:\nwww-data:x:${gid}:${members}\n`

const supermon = (groups: string) => on(Machine.make({ ...SUPERMON_FILES, '/etc/passwd': PASSWD, '/etc/group': groups }))

/** To a group that is not root's, where one may. */
async function give(machine: Machine, path: string): Promise<number> {
  if (!isRoot) return GID
  await chown(machine.at(path), 40_033, 40_033)
  return 40_033
}
const notes = (out: string) => out.split('\n').filter((line) => line.includes('may not read'))

describe('the service', () => {
  it('needs nothing for files that everybody may read', async () => {
    const machine = await supermon(group(40_033))
    const { out } = await machine.setup()
    expect(notes(out)).toEqual([])
    await expect(machine.read(RIGHTS)).rejects.toThrow('ENOENT')
  })

  it('gets the group of a file that its group may read, once, and keeps it', async () => {
    const machine = await supermon(group(isRoot ? 40_033 : GID))
    await give(machine, INI)
    await chmod(machine.at(INI), 0o640)
    const { out } = await machine.setup()
    expect(await machine.read(RIGHTS)).toBe('# Made by supermon-live setup: the service reads files of these groups.\n[Service]\nSupplementaryGroups=www-data\n')
    expect([notes(out), out.includes(`Wrote    ${RIGHTS}\n`)]).toEqual([[], true])
    expect((await machine.setup()).out).toContain(`Kept     ${RIGHTS}\n`)
  })

  it('loses the group again when nothing that it reads needs it', async () => {
    const machine = await supermon(group(isRoot ? 40_033 : GID))
    await give(machine, INI)
    await chmod(machine.at(INI), 0o640)
    await machine.setup()
    await chmod(machine.at(INI), 0o644)
    expect((await machine.setup('--dry-run')).out).toContain(`Would remove ${RIGHTS}\n`)
    expect(await machine.read(RIGHTS)).toContain('www-data')
    expect((await machine.setup()).out).toContain(`Removed  ${RIGHTS}\n`)
    await expect(machine.read(RIGHTS)).rejects.toThrow('ENOENT')
    expect((await machine.setup()).out).not.toContain(RIGHTS)
  })

  it('gets the group of a folder on the way', async () => {
    const machine = await supermon(group(isRoot ? 40_033 : GID))
    await give(machine, `${SUPERMON}/user_files`)
    await chmod(machine.at(`${SUPERMON}/user_files`), 0o750)
    await machine.setup()
    expect(await machine.read(RIGHTS)).toContain('SupplementaryGroups=www-data\n')
  })

  it('needs nothing where it is a member already', async () => {
    const machine = await supermon(group(isRoot ? 40_033 : GID, 'root,supermon-live'))
    await give(machine, INI)
    await chmod(machine.at(INI), 0o640)
    await machine.setup()
    await expect(machine.read(RIGHTS)).rejects.toThrow('ENOENT')
  })

  it('that no group helps is told the one command, for a file and for a folder', async () => {
    const machine = await supermon(group(isRoot ? 40_033 : GID))
    await chmod(machine.at(INI), 0o600)
    expect(notes((await machine.setup()).out)).toEqual([`Note     The service may not read ${INI}, because of ${INI}: sudo sh -c "chgrp supermon-live ${INI} && chmod g+r ${INI}"`])
    await chmod(machine.at('/var/www'), 0o700)
    // One command for all that is below.
    expect(notes((await machine.setup()).out)).toEqual([`Note     The service may not read ${INI}, because of /var/www: sudo chmod o+x /var/www`])
    await chmod(machine.at('/var/www'), 0o755)
    await expect(machine.read(RIGHTS)).rejects.toThrow('ENOENT')
  })

  it('is shut out by bits of a group it is in, whatever others may do', async () => {
    const machine = await supermon(group(isRoot ? 40_033 : GID, 'supermon-live'))
    await give(machine, INI)
    await chmod(machine.at(INI), 0o604)
    expect(notes((await machine.setup()).out)).toHaveLength(1)
  })

  it.skipIf(!isRoot)("is never put into root's group (only root has files of it)", async () => {
    const machine = await supermon(`root:x:0:\n${group(40_033)}`)
    await chmod(machine.at(INI), 0o640)
    expect(notes((await machine.setup()).out)).toHaveLength(1)
    await expect(machine.read(RIGHTS)).rejects.toThrow('ENOENT')
  })

  it('is judged at the file that a link leads to', async () => {
    const machine = await supermon(group(isRoot ? 40_033 : GID))
    await machine.write('/srv/astdb.txt', '', 0o600)
    await symlink('../../../../srv/astdb.txt', machine.at(`${SUPERMON}/linked`))
    await machine.write('/etc/supermon-live/supermon-live.conf', `config = ${INI}\nastdb = ${SUPERMON}/linked\n`)
    expect(notes((await machine.setup()).out)).toEqual([`Note     The service may not read ${SUPERMON}/linked, because of /srv/astdb.txt: sudo sh -c "chgrp supermon-live /srv/astdb.txt && chmod g+r /srv/astdb.txt"`])
  })

  it('has to get as far as each link on the way', async () => {
    const machine = await supermon(group(isRoot ? 40_033 : GID))
    await machine.write('/srv/astdb.txt', '')
    for (const folder of ['/opt/own', '/opt/club']) await mkdir(machine.at(folder), { recursive: true })
    // A file's link, to one in a folder's link, to a file that everybody may read.
    await symlink('../names/astdb.txt', machine.at('/opt/own/astdb.txt'))
    await symlink('club', machine.at('/opt/names'))
    await symlink('../../srv/astdb.txt', machine.at('/opt/club/astdb.txt'))
    await machine.write('/etc/supermon-live/supermon-live.conf', `config = ${INI}\nastdb = /opt/own/astdb.txt\n`)
    expect(notes((await machine.setup()).out)).toEqual([])
    for (const shut of ['/opt/own', '/opt/club', '/opt']) {
      await chmod(machine.at(shut), 0o700)
      expect(notes((await machine.setup()).out)).toEqual([`Note     The service may not read /opt/own/astdb.txt, because of ${shut}: sudo chmod o+x ${shut}`])
      await chmod(machine.at(shut), 0o755)
    }
  })

  it('is not judged at links that go round in a circle', async () => {
    const machine = await supermon(group(isRoot ? 40_033 : GID))
    await symlink('round', machine.at('/etc/round'))
    await machine.write('/etc/supermon-live/supermon-live.conf', `config = ${INI}\nastdb = /etc/round\n`)
    expect(notes((await machine.setup()).out)).toEqual([])
  })

  it('needs the folder of accounts, and each file in it', async () => {
    const machine = await supermon(group(isRoot ? 40_033 : GID))
    await machine.write(`${SUPERMON}/user_files/w5gle.ini`, '', 0o600)
    // No user has that one.
    await machine.write(`${SUPERMON}/user_files/favorites.ini`, '', 0o600)
    await machine.write(`${SUPERMON}/user_files/authini.inc`, '<?php\n$ININAME["W5GLE"] = "w5gle.ini";\n')
    await chmod(machine.at(`${SUPERMON}/user_files`), 0o711)
    expect(notes((await machine.setup('--alone')).out).map((line) => line.split(': ')[0])).toEqual([
      `Note     The service may not read ${SUPERMON}/user_files/w5gle.ini, because of ${SUPERMON}/user_files/w5gle.ini`,
      `Note     The service may not read ${SUPERMON}/user_files, because of ${SUPERMON}/user_files`,
    ])
  })

  it.each([
    ['beside', 'authini.inc', ''],
    ['beside', 'nolog.ini', ''],
    ['beside, with orders over a broker', '.htpasswd', 'mqtt = mqtt://127.0.0.1\nmqtt-orders = /etc/supermon-live/orders.conf\n'],
    ['beside, with orders over a broker', 'authusers.inc', 'mqtt = mqtt://127.0.0.1\nmqtt-orders = /etc/supermon-live/orders.conf\n'],
    ['beside, with a password for the broker', 'broker-password', `mqtt = mqtt://127.0.0.1\nmqtt-user = shack\nmqtt-password-file = ${SUPERMON}/user_files/broker-password\n`],
  ])('gets the group of what it reads %s: %s', async (_, name, more) => {
    const machine = await supermon(group(isRoot ? 40_033 : GID))
    await machine.write('/etc/supermon-live/supermon-live.conf', `config = ${INI}\nauth = supermon=http://localhost:8000\n${more}`)
    await machine.write(`${SUPERMON}/user_files/${name}`, '')
    await give(machine, `${SUPERMON}/user_files/${name}`)
    await chmod(machine.at(`${SUPERMON}/user_files/${name}`), 0o640)
    expect(notes((await machine.setup()).out)).toEqual([])
    expect(await machine.read(RIGHTS)).toContain('SupplementaryGroups=www-data\n')
  })

  it('needs the settings themselves', async () => {
    const machine = await supermon(group(isRoot ? 40_033 : GID))
    await machine.setup()
    const conf = '/etc/supermon-live/supermon-live.conf'
    await chmod(machine.at(conf), 0o600)
    expect(notes((await machine.setup()).out)).toEqual([`Note     The service may not read ${conf}, because of ${conf}: sudo sh -c "chgrp supermon-live ${conf} && chmod g+r ${conf}"`])
  })

  it('looks into the folder of its settings, whatever the mask of whoever runs this, and where it was shut before', async () => {
    const folder = '/etc/supermon-live'
    const mode = async (machine: Machine) => ((await stat(machine.at(folder))).mode & 0o777).toString(8)
    const machine = await supermon(group(isRoot ? 40_033 : GID))
    const mask = process.umask(0o077)
    try {
      await machine.setup()
    } finally {
      process.umask(mask)
    }
    expect(await mode(machine)).toBe('755')
    await chmod(machine.at(folder), 0o700)
    expect((await machine.setup('--dry-run')).out).toContain(`Would open ${folder}: the service could not look into it\n`)
    expect(await mode(machine)).toBe('700')
    expect((await machine.setup()).out).toContain(`Opened   ${folder}: the service could not look into it\n`)
    expect([await mode(machine), (await machine.setup()).out.includes('Opened')]).toEqual(['755', false])
  })

  it.skipIf(!isRoot)('may keep that folder for itself and its group (only root gives files away)', async () => {
    const machine = await supermon(group(40_033))
    await machine.setup()
    await chown(machine.at('/etc/supermon-live'), 0, 40_002)
    await chmod(machine.at('/etc/supermon-live'), 0o750)
    expect((await machine.setup()).out).not.toMatch(/Opened|may not read/)
  })

  it('that has no user yet is not judged', async () => {
    const machine = await supermon('')
    await machine.write('/etc/passwd', '')
    await chmod(machine.at(INI), 0o600)
    const { out } = await machine.setup()
    expect([notes(out), out.includes('There is no user supermon-live yet')]).toEqual([[], true])
  })

  it('does not see what systemd hides from it, whatever its mode: one command copies all of that', async () => {
    const machine = await supermon(group(40_033))
    await machine.write('/home/pi/sm/.htpasswd', '')
    await machine.write('/home/pi/astdb.txt', '')
    await machine.write('/srv/.keep', '')
    await symlink('../home/pi/astdb.txt', machine.at('/srv/astdb.txt'))
    await machine.write('/etc/supermon-live/supermon-live.conf', `config = ${INI}\nastdb = /srv/astdb.txt\nusers = /home/pi/sm\n`)
    expect((await machine.setup()).out).toContain(
      'Note     The service cannot see /srv/astdb.txt, /home/pi/sm/.htpasswd, whatever the modes, as its unit hides /home: ' +
        'sudo install -m 640 -g supermon-live /srv/astdb.txt /home/pi/sm/.htpasswd /etc/supermon-live/\n' +
        '         Name what is there in /etc/supermon-live/supermon-live.conf, then: sudo systemctl restart supermon-live\n',
    )
  })

  it('does not see what a link in a hidden folder leads to', async () => {
    const machine = await supermon(group(40_033))
    await machine.write('/srv/astdb.txt', '')
    await mkdir(machine.at('/home/pi'), { recursive: true })
    await symlink('/srv/astdb.txt', machine.at('/home/pi/astdb.txt'))
    await symlink('/home/pi/astdb.txt', machine.at('/srv/names.txt'))
    await machine.write('/etc/supermon-live/supermon-live.conf', `config = ${INI}\nastdb = /srv/names.txt\n`)
    expect((await machine.setup()).out).toContain('Note     The service cannot see /srv/names.txt, whatever the modes, as its unit hides /home: ')
  })
})
