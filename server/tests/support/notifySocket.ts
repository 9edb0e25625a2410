/** systemd's end of sd_notify: a datagram socket, which Node has none of. Perl is on every Debian. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { runProgram } from '../../src/env/runProgram.ts'
import { until } from './running.ts'

/** One datagram a line, its newlines as `|`. A descriptor that comes with it is closed: that is all its sender waits for. */
const RECEIVER = `use Socket; $| = 1; my ($path) = @ARGV;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!; bind($s, sockaddr_un($path)) or die $!; print "bound\\n";
while (defined recv($s, my $text, 65536, 0)) { $text =~ tr/\\n/|/; print "$text\\n" }`

/** Stands in for systemd-notify where there is none: sends its arguments. */
const SENDER = `#!/usr/bin/perl
use Socket; socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!;
defined send($s, join("\\n", @ARGV), 0, sockaddr_un($ENV{NOTIFY_SOCKET})) or die $!;
`

export interface NotifySocket {
  /** What a service is given. */
  readonly env: Readonly<Record<string, string>>
  /** Messages so far, each with `|` between its lines. */
  readonly messages: readonly string[]
  /** Waits until so many have come. */
  count(expected: number): Promise<void>
  close(): Promise<void>
}

export async function openNotifySocket(): Promise<NotifySocket> {
  const folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  const path = join(folder, 'notify')
  const messages: string[] = []
  const receiver = spawn('perl', ['-e', RECEIVER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(receiver, 'exit')
  createInterface(receiver.stdout).on('line', (line) => {
    // The last one of each call asks for a descriptor to be closed, and says nothing.
    if (line !== 'BARRIER=1') messages.push(line)
  })
  await until(() => messages[0] === 'bound', 'the socket is bound')
  messages.length = 0
  return {
    env: { PATH: await pathWithNotify(folder), NOTIFY_SOCKET: path },
    messages,
    count: (expected) => until(() => messages.length >= expected, `${expected} messages`),
    close: async () => {
      receiver.kill()
      await ended
      await rm(folder, { recursive: true })
    },
  }
}

async function pathWithNotify(folder: string): Promise<string> {
  const path = process.env['PATH'] ?? ''
  if ((await runProgram('systemd-notify', ['--version'])).code === 0) return path
  const standIn = join(folder, 'systemd-notify')
  await writeFile(standIn, SENDER)
  await chmod(standIn, 0o755)
  return `${folder}:${path}`
}
