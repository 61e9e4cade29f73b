import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  type CertificateAudience,
  ownCertificates,
} from '../../../../../src/daemon/store/tls/own-certificates.ts'

let directory: string
let nowMs: number
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-tls-'))
  nowMs = Date.now()
})
afterEach(() => rm(directory, { recursive: true }))

const clock = { nowMs: () => nowMs, monotonicMs: () => 0 }
const serverNames = ['10.77.0.1', 'deploy.example', 'localhost']
const make = (names = serverNames, audience: CertificateAudience = 'operators') =>
  ownCertificates({ directory: join(directory, 'tls'), audience, serverNames: names, clock })

describe(ownCertificates, () => {
  it('refuses what is kept when it is damaged, or when key and certificate are of two pairs', async () => {
    await make()
    const path = join(directory, 'tls/operators.pem')
    const whole = await readFile(path, 'utf8')
    const authority = await readFile(join(directory, 'tls/authority-with-key.pem'), 'utf8')
    const foreignKey = authority.slice(authority.indexOf('-----BEGIN PRIVATE'))
    const mixed = whole.slice(0, whole.indexOf('-----BEGIN PRIVATE')) + foreignKey
    for (const text of ['', whole.slice(0, 300), mixed]) {
      await writeFile(path, text)
      await expect(make()).rejects.toMatchObject({ code: 'ERR_CERTIFICATE_UNUSABLE' })
    }
  })

  it('makes certificates that OpenSSL verifies, strictly, for names and addresses', async () => {
    const { authority, server } = await make()
    await writeFile(join(directory, 'authority.pem'), authority)
    await writeFile(join(directory, 'server.pem'), server.certificate)
    const verify = (...words: string[]) =>
      execFileSync(
        'openssl',
        [
          ...['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', 'authority.pem'],
          ...[...words, 'server.pem'],
        ],
        { cwd: directory, encoding: 'utf8', stdio: 'pipe' },
      )
    expect(verify('-verify_ip', '10.77.0.1')).toContain('OK')
    expect(verify('-verify_hostname', 'deploy.example')).toContain('OK')
    // A machine whose clock has lost its battery.
    expect(verify('-attime', '86400')).toContain('OK')
    expect(() => verify('-verify_ip', '10.77.0.2')).toThrow('mismatch')
    expect(new X509Certificate(authority).ca).toBe(true)
    expect(new X509Certificate(server.certificate).ca).toBe(false)
  })

  it('H15: gives machines a certificate that is good whatever year their clock shows', async () => {
    const { authority, server } = await make(serverNames, 'machines')
    await writeFile(join(directory, 'authority.pem'), authority)
    await writeFile(join(directory, 'machines.pem'), server.certificate)
    for (const date of ['1970-01-02', '2001-01-01', '2031-12-01', '2099-12-31']) {
      const atSeconds = String(Date.parse(date) / 1000)
      const words = ['verify', '-x509_strict', '-attime', atSeconds, '-CAfile', 'authority.pem']
      const verified = execFileSync('openssl', [...words, 'machines.pem'], { cwd: directory })
      expect(verified.toString()).toContain('OK')
    }
    nowMs += 3650 * 86_400_000
    expect((await make(serverNames, 'machines')).server).toEqual(server)
    expect((await make()).authority).toBe(authority)
  })

  it('keeps both, renews the server’s in time or for another name, and never the authority', async () => {
    const first = await make()
    expect(await make()).toEqual(first)
    nowMs += 340 * 86_400_000
    const renewed = await make()
    expect(renewed.authority).toBe(first.authority)
    expect(renewed.server.certificate).not.toBe(first.server.certificate)
    const named = await make([...serverNames, '10.77.0.9'])
    expect(new X509Certificate(named.server.certificate).checkIP('10.77.0.9')).toBe('10.77.0.9')
    expect(named.authority).toBe(first.authority)
  })

  it('lets nobody else read the keys', async () => {
    await make()
    for (const name of ['authority-with-key.pem', 'operators.pem']) {
      expect((await stat(join(directory, 'tls', name))).mode & 0o777).toBe(0o600)
    }
    expect(await readFile(join(directory, 'tls/authority.pem'), 'utf8')).not.toContain('PRIVATE')
    expect((await stat(join(directory, 'tls'))).mode & 0o777).toBe(0o700)
  })
})
