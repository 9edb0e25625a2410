/** A broker as deploy/mqtt describes it: TLS, accounts, and the access list that is shipped. */
import { execFileSync } from 'node:child_process'
import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Mosquitto } from './mosquitto.ts'

const shipped = (file: string) => fileURLToPath(new URL(`../../../deploy/mqtt/${file}`, import.meta.url))

/** A folder of certificates: of a broker on 127.0.0.1, of whom each of `names` is, and of one that nobody knows. */
export class Certificates {
  readonly folder = mkdtempSync(join(tmpdir(), 'supermon-live-mqtt-'))

  constructor(names: readonly string[]) {
    chmodSync(this.folder, 0o755)
    for (const ca of ['ca', 'stranger']) this.#openssl('-subj', `/CN=${ca}`, '-keyout', this.path(`${ca}.key`), '-out', this.path(`${ca}.crt`))
    this.#signed('broker', 'subjectAltName=IP:127.0.0.1')
    for (const name of names) this.#signed(name, 'extendedKeyUsage=clientAuth')
  }

  path(file: string): string {
    return join(this.folder, file)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #signed(name: string, extension: string): void {
    this.#openssl('-subj', `/CN=${name}`, '-addext', extension, '-CA', this.path('ca.crt'), '-CAkey', this.path('ca.key'), '-keyout', this.path(`${name}.key`), '-out', this.path(`${name}.crt`))
    chmodSync(this.path(`${name}.key`), 0o644)
  }

  #openssl(...rest: readonly string[]): void {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', ...rest], { stdio: 'ignore' })
  }
}

export class SecureMosquitto {
  readonly mosquitto: Mosquitto
  readonly #certificates: Certificates

  private constructor(mosquitto: Mosquitto, certificates: Certificates) {
    this.mosquitto = mosquitto
    this.#certificates = certificates
  }

  /** @param accounts by name, their passwords; null = certificates in their place */
  static async start(certificates: Certificates, accounts: Readonly<Record<string, string>> | null): Promise<SecureMosquitto> {
    writePasswords(certificates, accounts ?? {})
    copyFileSync(shipped('mosquitto.acl'), certificates.path('supermon-live.acl'))
    copyFileSync(certificates.path('ca.crt'), certificates.path('clients.crt'))
    const mosquitto = await Mosquitto.start(shippedConfiguration(certificates, accounts === null))
    return new SecureMosquitto(mosquitto, certificates)
  }

  /** Other accounts from the next start on. */
  setAccounts(accounts: Readonly<Record<string, string>>): void {
    writePasswords(this.#certificates, accounts)
  }
}

/** The lines of deploy/mqtt/mosquitto.conf, with this folder in place of Debian's, and the way that its remarks name if wanted. */
function shippedConfiguration({ folder }: Certificates, byCertificate: boolean): string[] {
  const text = readFileSync(shipped('mosquitto.conf'), 'utf8')
  const lines = byCertificate ? text.replace(/^password_file.*$/m, '').replace(/^#(?=cafile|require_certificate|use_identity)/gm, '') : text
  return [
    // Started by root it would become a user of its own, who cannot read this folder.
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    ...lines.replaceAll('/etc/mosquitto/certs', folder).replaceAll('/etc/mosquitto', folder).split('\n').filter((line) => !/^(?:listener |#|$)/.test(line)),
  ]
}

/** As `mosquitto_passwd` writes them: PBKDF2 over SHA-512. */
function writePasswords(certificates: Certificates, accounts: Readonly<Record<string, string>>): void {
  const lines = Object.entries(accounts).map(([name, password]) => {
    const salt = randomBytes(12)
    return `${name}:$7$101$${salt.toString('base64')}$${pbkdf2Sync(password, salt, 101, 64, 'sha512').toString('base64')}\n`
  })
  writeFileSync(certificates.path('passwd'), lines.join(''), { mode: 0o644 })
}
