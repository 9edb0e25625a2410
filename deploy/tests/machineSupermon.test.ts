/** The package where Supermon-NG is: beside it as it comes, with files that only the web server's group may read, and under its page when told to. */
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bootMachine } from './machine.ts'
import type { Machine } from './machine.ts'
import { suite } from './machineBase.ts'
import { NODES, plantNode, SECRET } from './machineNode.ts'
import { buildPackage, difference, inventory } from './machinePackage.ts'

const FOLDER = '/var/www/html/supermon-ng'
const ALLMON = NODES.map((id) => `[${id}]\nhost=127.0.0.1:5038\nuser=admin\npasswd=${SECRET}\n`).join('\n')
const DAEMON = 'supermon-ng-websocket.service'
/** Holds the port that its daemon holds, and says nothing. */
const UNIT = '[Service]\nExecStart=/usr/bin/node -e "require(\'net\').createServer().listen(8105, \'127.0.0.1\')"\n[Install]\nWantedBy=multi-user.target\n'

let machine: Machine
let folder: string
let bare: string[]

beforeAll(async () => {
  const built = await buildPackage('1.0.0')
  folder = built.folder
  machine = await bootMachine(suite())
  await plantNode(machine)
  await machine.put(`${FOLDER}/index.html`, '<title>Supermon-NG</title>')
  await machine.put(`${FOLDER}/astdb.txt`, '546051|W5GLE|Repeater|Texas\n')
  await machine.put(`${FOLDER}/user_files/allmon.ini`, ALLMON)
  await machine.must(`chown -R root:www-data ${FOLDER}/user_files && chmod 0750 ${FOLDER}/user_files && chmod 0640 ${FOLDER}/user_files/*`)
  await machine.put(`/etc/systemd/system/${DAEMON}`, UNIT)
  await machine.must(`systemctl daemon-reload && systemctl enable --now ${DAEMON} 2>&1`)
  await machine.copyIn(built.deb, '/root/supermon-live.deb')
  bare = await inventory(machine)
})
afterAll(async () => {
  await machine?.close()
  await rm(folder, { recursive: true })
})

const row = (path: string) => machine.must(`node /opt/probe/main.js ws://127.0.0.1${path}/ws/${NODES[0]} 0`)
const isActive = async (unit: string) => (await machine.run(`systemctl is-active ${unit}`)).stdout.trim()
const theirs = async () => machine.must(`find ${FOLDER} -type f -exec sha256sum {} + && stat -c '%a %U %G %n' ${FOLDER}/* ${FOLDER}/user_files/*`)

it('stands beside it: its files are read and left as they are, its page and its daemon go on', async () => {
  const before = await theirs()
  const said = await machine.must('apt-get install -y --no-install-recommends /root/supermon-live.deb 2>&1')
  expect(said).not.toContain(SECRET)
  await row('/supermon-ng/live')
  expect(await machine.must('systemctl show -P SupplementaryGroups supermon-live')).toBe('www-data')
  expect(await theirs()).toBe(before)
  expect(await machine.must("node -e \"fetch('http://127.0.0.1/supermon-ng/').then(async (r) => console.log(await r.text()))\"")).toContain('Supermon-NG')
  expect(await isActive(DAEMON)).toBe('active')
})

it('takes the place of its daemon when told to, and gives it back', async () => {
  await machine.must('rm /etc/supermon-live/supermon-live.conf && supermon-live setup --under --yes 2>&1')
  await row('/supermon-ng')
  expect([await isActive(DAEMON), await isActive('supermon-live')]).toEqual(['inactive', 'active'])
  await machine.must(`systemctl disable --now supermon-live 2>&1 && systemctl enable --now ${DAEMON} 2>&1`)
  expect(await isActive(DAEMON)).toBe('active')
})

it('purged, it leaves nothing, and theirs as it was', async () => {
  await machine.must('apt-get purge -y supermon-live 2>&1')
  const left = difference(bare, await inventory(machine)).filter((line) => !line.includes('/etc/apache2/mods-enabled/'))
  expect(left).toEqual([])
  expect(await isActive(DAEMON)).toBe('active')
})
