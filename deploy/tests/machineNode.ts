/** What a node's machine has before us: Asterisk's files as AllStarLink 3 lays them out, and an Asterisk that answers, simulated. */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cache, root } from './machineBase.ts'
import type { Machine } from './machine.ts'

export const NODES = ['546051', '546055'] as const
export const SECRET = 'not-to-be-seen'

const RPT_CONF = `; Radio Repeater configuration file
[general]
node_lookup_method = both

[node-main](!)
rxchannel = dahdi/pseudo
duplex = 2
scheduler = schedule
functions = functions

[546051](node-main)
idrecording = |iW5GLE

[546055](node-main)
rxchannel = SimpleUSB/546055

[nodes]
546051 = radio@127.0.0.1:4569/546051,NONE
546055 = radio@127.0.0.1:4569/546055,NONE

[functions]
1 = ilink,1
3 = ilink,3

[schedule]
`

const MANAGER_CONF = `[general]
enabled = yes
port = 5038
bindaddr = 127.0.0.1

[admin]
secret = ${SECRET}
read = all,system,call,log,verbose,command,agent,user,config
write = all,system,call,log,verbose,command,agent,user,config
`

const ASTDB = '546051|W5GLE|Repeater|Texas\n546055|W5GLE|Hub|Texas\n48752|WB6NIL|Los Angeles|CA\n'

const UNIT = `[Unit]
Description=Asterisk, simulated
[Service]
ExecStart=/usr/bin/node /opt/asterisk/main.js --port 5038 --nodes ${NODES.join(',')} --links 4 --scenario quiet --user admin --secret ${SECRET}
[Install]
WantedBy=multi-user.target
`

/** npm's build script is plain JavaScript. */
async function bundle(entry: string, folder: string): Promise<void> {
  const { buildServer } = (await import(/* @vite-ignore */ join(root, 'scripts/build.mjs'))) as { buildServer: (entry: string, folder: string) => Promise<void> }
  await buildServer(join(root, entry), folder)
}

/** Puts a program of ours into the machine as `PATH/main.js`, in one file. */
async function copyProgram(machine: Machine, entry: string, path: string): Promise<void> {
  const folder = await mkdtemp(join(cache, 'machine', 'program-'))
  try {
    await bundle(entry, join(folder, 'built'))
    await machine.copyIn(join(folder, 'built'), path)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Asterisk runs, and a viewer is at hand as /opt/probe/main.js. */
export async function plantNode(machine: Machine): Promise<void> {
  await machine.put('/etc/asterisk/rpt.conf', RPT_CONF, 0o640)
  await machine.put('/etc/asterisk/manager.conf', MANAGER_CONF, 0o640)
  await machine.put('/var/lib/asterisk/astdb.txt', ASTDB)
  await copyProgram(machine, 'server/src/fake-asterisk/cli.ts', '/opt/asterisk')
  await copyProgram(machine, 'deploy/tests/machineProbe.ts', '/opt/probe')
  await machine.put('/etc/systemd/system/asterisk.service', UNIT)
  await machine.must('systemctl daemon-reload && systemctl enable --now asterisk 2>&1')
}
