/** The least that an Asterisk with app_rpt needs of configuration: nodes that link over IAX2, AMI, and a radio that is a UDP socket (chan_usrp). */

export interface Ports {
  /** TCP. */
  readonly ami: number
  /** UDP. */
  readonly iax: number
  /** UDP: what is sent there is heard by the receiver. */
  readonly radio: number
  /** UDP: there goes what is transmitted. */
  readonly speaker: number
}

const MODULES = [
  'res_timing_timerfd', 'bridge_softmix', 'bridge_simple', 'chan_bridge_media', 'chan_iax2', 'chan_usrp', 'codec_ulaw', 'codec_gsm', 'codec_adpcm', 'format_pcm', 'format_gsm',
  'func_callerid', 'func_channel', 'func_logic', 'func_strings', 'pbx_config', 'app_playback', 'app_dial', 'res_crypto', 'res_curl', 'func_curl', 'app_rpt',
]

/** Files that Asterisk looks for, and that say nothing here. */
const EMPTY = ['features', 'cdr', 'cel', 'udptl', 'rtp', 'acl', 'ccss', 'http', 'stasis', 'codecs', 'dnsmgr', 'rpt_http_registrations']

/**
 * @param folder its own
 * @param where each node can be called: UDP port on this machine
 * @returns name → text, for its `etc`
 */
export function asteriskFiles(folder: string, nodes: readonly string[], ports: Ports, where: Readonly<Record<string, number>>): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(EMPTY.map((name) => [`${name}.conf`, ''])),
    'asterisk.conf': section('directories', {
      astetcdir: `${folder}/etc`, astkeydir: `${folder}/etc`, astdbdir: `${folder}/db`, astspooldir: `${folder}/spool`, astrundir: `${folder}/run`, astlogdir: `${folder}/log`,
    }),
    'logger.conf': `${section('general', {})}[logfiles]\nfull => notice,warning,error\n`,
    'modules.conf': `[modules]\nautoload = no\n${MODULES.map((name) => `load = ${name}.so\n`).join('')}`,
    'manager.conf': section('general', { enabled: 'yes', port: ports.ami, bindaddr: '127.0.0.1' })
      // What `setup` writes, but for the password.
      + section('admin', { secret: 'demo', read: 'call', write: 'command' })
      + section('reader', { secret: 'demo', read: 'call', write: '' })
      + section('deaf', { secret: 'demo', read: 'system', write: 'command' }),
    // The jitter buffer swallows the word with which app_rpt says goodbye, and is on as AllStarLink ships it.
    'iax.conf': section('general', { bindport: ports.iax, bindaddr: '127.0.0.1', disallow: 'all', allow: 'ulaw', jitterbuffer: 'yes', requirecalltoken: 'no' })
      + section('radio', { type: 'user', disallow: 'all', allow: 'ulaw', context: 'nodes', transfer: 'no' }),
    'extensions.conf': '[nodes]\nexten => _X.,1,Rpt(${EXTEN})\n',
    'indications.conf': section('general', { country: 'us' }) + section('us', { description: 'tones', ringcadence: '2000,4000', dial: '350+440', busy: '480+620/500,0/500', ring: '440+480/2000,0/4000', congestion: '480+620/250,0/250' }),
    'rpt.conf': [
      section('general', { node_lookup_method: 'file' }),
      section('nodes', Object.fromEntries(Object.entries(where).map(([node, port]) => [node, `radio@127.0.0.1:${port}/${node},NONE`]))),
      ...nodes.map((node, i) => section(node, {
        rxchannel: i === 0 ? `USRP/127.0.0.1:${ports.speaker}:${ports.radio}` : 'Local/pseudo',
        duplex: 2, hangtime: 1_000, idtime: 54_000_000, functions: 'functions', link_functions: 'functions', telemetry: 'telemetry', morse: 'morse', wait_times: 'waits', macro: 'macro', context: 'nodes',
      })),
      section('functions', { 1: 'ilink,1', 2: 'ilink,2', 3: 'ilink,3', 4: 'ilink,4', 71: 'ilink,6' }),
      section('telemetry', { ct1: '|t(660,0,100,2048)', functcomplete: '|t(1000,0,100,2048)' }),
      section('morse', { speed: 20, frequency: 800, amplitude: 4_096, idfrequency: 1_065, idamplitude: 1_024 }),
      section('waits', { telemwait: 100, idwait: 100, unkeywait: 100, calltermwait: 100 }),
      section('macro', {}),
    ].join(''),
  }
}

function section(name: string, lines: Readonly<Record<string, string | number>>): string {
  return `[${name}]\n${Object.entries(lines).map(([key, value]) => `${key} = ${value}\n`).join('')}\n`
}
