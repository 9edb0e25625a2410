/**
 * Every command that a document tells somebody to type, and how it is proved to do what is said. A command that is not here fails
 * `npm test` (commands.test.ts); what needs root, systemd and apt is run by `npm run test:deploy` on a Debian of its own.
 */

/** Exit codes that are right, 0 unless given, and what is said on either stream. */
interface Outcome {
  readonly code?: readonly number[]
  readonly says?: RegExp
}

export type Proof =
  /** A script of package.json that `ranBy` runs in every `npm test` or CI run, by these words. */
  | { readonly by: 'npm'; readonly ranBy: string; readonly words: string }
  /** Run for real against the built gateway by commands.test.ts: it runs until it is told to stop, or ends by itself. */
  | ({ readonly by: 'gateway'; readonly ends: boolean } & Outcome)
  /** Run from the sources by deploy/tests/docs.test.ts, in words that take seconds. */
  | ({ readonly by: 'sources'; readonly instead: string } & Outcome)
  /** Run on a scratch machine by deploy/tests/documents.test.ts, in the order of the documents. `before`: what makes it a machine as the document means it. */
  | ({ readonly by: 'machine'; readonly on: 'package' | 'archive'; readonly before?: readonly string[] } & Outcome)
  | { readonly by: 'elsewhere'; readonly why: string }

type Machine = Omit<Extract<Proof, { by: 'machine' }>, 'by' | 'on'>
const onPackage = (rest: Machine = {}): Proof => ({ by: 'machine', on: 'package', ...rest })
const onArchive = (rest: Machine = {}): Proof => ({ by: 'machine', on: 'archive', ...rest })
const log = (rest: Machine = {}) => onPackage({ code: [0, 1], ...rest })

/** `setup` keeps settings that there are. */
const FRESH = 'rm -f /etc/supermon-live/supermon-live.conf'
/** As much of a Supermon-NG as `setup` looks for, and of Asterisk's console as the documents use. */
const SUPERMON_NG = [
  'mkdir -p /var/www/html/supermon-ng/user_files',
  String.raw`printf '[546051]\nhost = 127.0.0.1:5038\nuser = admin\npasswd = demo\n' > /var/www/html/supermon-ng/user_files/allmon.ini`,
  'chmod 0644 /var/www/html/supermon-ng/user_files/allmon.ini',
  String.raw`printf '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n' > /etc/systemd/system/supermon-ng-websocket.service`,
  'systemctl daemon-reload',
  'systemctl enable --now supermon-ng-websocket',
]
const NO_SUPERMON_NG = ['rm -r /var/www/html/supermon-ng', 'systemctl disable --now supermon-ng-websocket']
const CONSOLE = [String.raw`test -x /usr/sbin/asterisk || { printf '#!/bin/sh\necho "$@"\n' > /usr/sbin/asterisk; chmod +x /usr/sbin/asterisk; }`]
const CERTIFICATE = [
  'mkdir -p /etc/ssl/certs /etc/ssl/private',
  'openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=live.club.example -addext subjectAltName=DNS:live.club.example -keyout /etc/ssl/private/live.club.example.key -out /etc/ssl/certs/live.club.example.pem',
]

/** What a machine is told before the first of its commands: it cannot be asked. */
export const OPENING: Readonly<Record<'package' | 'archive', readonly string[]>> = {
  package: [String.raw`printf 'APT::Get::Assume-Yes "true";\n' > /etc/apt/apt.conf.d/90yes`],
  archive: [],
}

export const COMMANDS: Readonly<Record<string, Proof>> = {
  'npm start': { by: 'gateway', ends: false, says: /Dashboard +http:\/\/127\.0\.0\.1:\d+\// },
  'npm test': { by: 'npm', ranBy: '.ci/run', words: 'npm test' },
  'npm test -- server/tests/ami': { by: 'npm', ranBy: 'scripts/test.mjs', words: '...args' },
  'npm run test:package': { by: 'npm', ranBy: '.ci/run', words: 'npm run test:package' },
  'npm run check': { by: 'npm', ranBy: '.ci/run', words: 'npm run lint' },
  'npm run dev': { by: 'sources', instead: 'timeout -s INT 20 npm run dev -- --port 0', code: [124], says: /Local: +http:\/\/[^]*Dashboard|Dashboard[^]*Local: +http:\/\// },
  'npm run test:deploy': { by: 'elsewhere', why: 'it is what runs these proofs on machines' },
  'npm install supermon-live pinia vue': { by: 'elsewhere', why: 'frontend/tests/page/consumer.test.ts installs the packed package into a page of its own; until it is published there is nothing to fetch' },
  'npm install supermon-live': { by: 'elsewhere', why: "frontend/tests/page/consumer.test.ts installs the packed package into what Supermon-NG's frontend asks for" },
  'npm start -- --config /path/to/allmon.ini --astdb /path/to/astdb.txt': { by: 'gateway', ends: false, says: /listening on http:\/\/127\.0\.0\.1:\d+\// },
  'node dist-server/main.js --config /path/to/allmon.ini --port 8105 --base /supermon-ng': { by: 'gateway', ends: false, says: /listening on http:\/\/127\.0\.0\.1:\d+\/supermon-ng\// },
  'node dist-server/main.js --config /path/to/allmon.ini --port 8105 --mqtt mqtt://127.0.0.1:1883 --mqtt-name shack': { by: 'gateway', ends: false, says: /listening on http:\/\/127\.0\.0\.1:\d+\// },
  'node dist-server/main.js --port 8105 --from-mqtt mqtt://127.0.0.1:1883 --mqtt-name club': { by: 'gateway', ends: false, says: /listening on http:\/\/127\.0\.0\.1:\d+\// },
  'node dist-server/main.js rollout status --config /path/to/allmon.ini': { by: 'gateway', ends: true, says: /100/ },
  'node dist-server/main.js rollout report': { by: 'gateway', ends: true, says: /^\S+ +fallback +/m },
  'node dist-server/main.js rollout off': { by: 'gateway', ends: true, says: /poll/i },
  'npm run simulate -- --seeds 20000': { by: 'sources', instead: 'npm run simulate -- --seeds 20', says: /20 seeds from 1 .* 0 failed/ },
  'npm run simulate -- --seed 4711': { by: 'sources', instead: 'npm run simulate -- --seed 4711', says: /4711/ },
  'npm run simulate -- --plant epoch --seeds 500': { by: 'sources', instead: 'npm run simulate -- --plant epoch --seeds 500', code: [0, 1], says: /epoch/ },
  'npm run simulate -- --plants': { by: 'elsewhere', why: 'frontend/tests/unit/simulation/simulation.test.ts finds each of the same plants; the table itself takes minutes' },
  'npm run test:browsers': { by: 'sources', instead: 'npm run test:browsers -- chromium --only "two tabs"', says: /1 held, 0 failed/ },
  'npm run test:screen-reader': { by: 'sources', instead: 'npm run test:screen-reader -- --only "key-up"', says: /1 held, 0 failed/ },
  'npm run test:asterisk': { by: 'elsewhere', why: 'it runs server/tests/asterisk where a real Asterisk with app_rpt is installed, which no package of Debian brings' },
  'npm run test:supermon-ng': { by: 'elsewhere', why: 'it runs server/tests/supermon-ng where a real Supermon-NG is installed, which no package of Debian brings' },
  'npm run evidence': { by: 'sources', instead: 'npm run evidence -- render', says: /made anew/ },
  'npm run test:faults': { by: 'sources', instead: 'npm run test:faults -- --minutes 0.3 --seed 1', says: /acts, / },
  'npm run test:long': { by: 'sources', instead: 'npm run test:long -- server/tests/soak/cli.test.ts', says: /^4 passed, 0 failed$/m },
  'npm run test:faults -- --minutes 60': { by: 'sources', instead: 'npm run test:faults -- --minutes 0.1 --seed 2', says: /seed 2, 0\.1 minutes/ },
  'npm run test:faults -- --seed 4711': { by: 'sources', instead: 'npm run test:faults -- --minutes 0.1 --seed 4711', says: /seed 4711/ },
  'npm run test:faults -- --only clock': { by: 'sources', instead: 'npm run test:faults -- --minutes 0.1 --seed 3 --only clock', says: /clock/ },
  'npm run test:faults -- --plant epoch': { by: 'sources', instead: 'npm run test:faults -- --minutes 1 --seed 5 --viewers 20 --plant epoch', says: /found, as it must be/ },

  'sudo apt install ./supermon-live_0.1.0_all.deb': onPackage({ says: /supermon-live/ }),
  'sudo supermon-live doctor': onPackage({ code: [0, 1], says: /\bok\b/ }),
  'sudo supermon-live setup --config /path/to/allmon.ini': onPackage({ before: ['mkdir -p /path/to', 'cp -p /etc/supermon-live/allmon.ini /path/to/allmon.ini', FRESH] }),
  'sudo mv /etc/supermon-live/supermon-live.conf /etc/supermon-live/supermon-live.conf.before': onPackage(),
  'sudo supermon-live setup --beside --yes': onPackage({ before: SUPERMON_NG, says: /supermon-ng\/live/ }),
  'sudo systemctl restart supermon-live': onPackage(),
  'sudo supermon-live setup --under --yes': onPackage({ before: [FRESH], says: /supermon-ng/ }),
  'sudo supermon-live setup --alone --yes': onPackage({ before: [...NO_SUPERMON_NG, FRESH], says: /supermon-live/ }),
  'sudo supermon-live setup --manager apply': onPackage({ before: CONSOLE, says: /manager\.conf/ }),
  'sudo supermon-live web apache': onPackage(),
  'sudo supermon-live web --refresh': onPackage(),
  'sudo certbot --apache -d node.example': { by: 'elsewhere', why: 'whoever gives certificates must reach the machine by that name; deploy/tests/doctor.test.ts has a site as it leaves it' },
  'sudo supermon-live web apache --name live.club.example': onPackage(),
  'sudo supermon-live web apache --name live.club.example --certificate /etc/ssl/certs/live.club.example.pem --key /etc/ssl/private/live.club.example.key': onPackage({ before: CERTIFICATE }),
  'tar -xzf supermon-live-0.1.0.tar.gz': onArchive(),
  'sudo ./supermon-live-0.1.0/install.sh --dry-run': onArchive(),
  'sudo ./supermon-live-0.1.0/install.sh': onArchive(),
  'sudo supermon-live web --remove': onPackage(),
  'sudo systemctl disable --now supermon-live': onPackage(),
  'sudo systemctl enable --now supermon-ng-websocket': onPackage(),
  'sudo apt remove supermon-live': onPackage(),
  'sudo apt purge supermon-live': onPackage(),
  'sudo ./supermon-live-0.1.0/install.sh --uninstall': onArchive(),
  'sudo rm -r /etc/supermon-live': onArchive(),

  'supermon-live --version': onPackage({ says: /^\d+\.\d+\.\d+/m }),
  'sudo apt install --allow-downgrades ./supermon-live_0.1.0_all.deb': onPackage(),
  'sudo supermon-live rollout off': onPackage({ says: /poll/i }),
  'sudo supermon-live rollout on': onPackage(),

  'systemctl status supermon-live': onPackage({ says: /Active: active/ }),
  'journalctl -u supermon-live -n 20 -o cat': onPackage({ says: /"msg":"listening on/ }),
  'grep -rn "HTTP:Connection" /etc/apache2/': onPackage({ code: [0, 1] }),
  'sudo supermon-live doctor --url https://node.example/supermon-live/': onPackage({ code: [1], says: /node\.example/ }),
  'sudo asterisk -rx "manager show settings"': onPackage({ before: CONSOLE }),
  'sudo asterisk -rx "manager reload"': onPackage(),
  'sudo supermon-live setup --dry-run': onPackage({ says: /^Found /m }),
  // A section is printed where there is none yet.
  'sudo supermon-live setup --manager print': onPackage({ says: /manager\.conf|^Kept /m }),
  // Whether there is such a line is the machine's affair.
  'journalctl -u supermon-live -n 50 -o cat | grep -i -e astdb -e privatenodes': log(),
  'journalctl -u supermon-live -n 50 -o cat | grep control:': log(),
  "journalctl -u supermon-live -n 50 -o cat | grep 'MQTT broker'": log(),
  'journalctl -u supermon-live -n 50 -o cat | grep Supermon-NG': log(),
  'ls -l /var/lib/asterisk/astdb.txt': onPackage({ code: [0, 2] }),
  timedatectl: onPackage({ says: /Local time/ }),
  'sudo timedatectl set-ntp true': onPackage({ code: [0, 1] }),
  'sudo supermon-live doctor --json': onPackage({ code: [0, 1], says: /^\s*[[{]/ }),
  'journalctl -u supermon-live --since -1h -o cat': onPackage({ says: /"msg":/ }),

  'sudo install -d -m 0750 -g supermon-live /etc/supermon-live/users': onPackage(),
  'sudo htpasswd -B -c /etc/supermon-live/users/.htpasswd W5GLE': { by: 'elsewhere', why: 'it asks for a password at the terminal; server/tests/access reads what it makes' },
  'sudo htpasswd -B /etc/supermon-live/users/.htpasswd WB6NIL': { by: 'elsewhere', why: 'the same' },
  'openssl genpkey -algorithm ed25519 -out front.pem': { by: 'elsewhere', why: 'server/tests/config/orderFronts.test.ts makes such a key, and the file of --mqtt-orders takes its public half' },
  "mosquitto_sub -t 'supermon-live/v1/edge/shack/#' -v --remove-retained -W 5": { by: 'elsewhere', why: 'server/tests/fleet/front.test.ts takes an edge from the broker in the same way, by a client of its own' },
  'openssl pkey -in front.pem -pubout': { by: 'elsewhere', why: 'the same test runs it' },

  'sudo install -m 0640 -o root -g supermon-live /dev/null /etc/supermon-live/metrics.token': onPackage(),
  'openssl rand -hex 24 | sudo tee /etc/supermon-live/metrics.token > /dev/null': onPackage(),
  [String.raw`journalctl -u supermon-live -n 50 -o cat | sed -E 's/^\{"level":([0-9]+).*"msg":"(.*)"\}$/\1 \2/; s/^40 /WARNING /; s/^30 //'`]: onPackage({ says: /^listening on /m }),
  "journalctl -u supermon-live --since -7d -o cat | grep -v '^{\"level\":[1-3]0'": log(),
}
