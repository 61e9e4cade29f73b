import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ensureDebianPackages } from '../../../src/debian/ensure-debian-packages.ts'
import {
  DebianPackagesMissingError,
  NotDebianError,
  PackageToolError,
} from '../../../src/debian/errors.ts'
import type { CommandResult, RunCommand } from '../../../src/debian/run-command.ts'

const result = (exitCode: number, stdout = '', stderr = ''): CommandResult => ({
  exitCode,
  stdout,
  stderr,
})

/** A host where apt works; `failures` lists what the first installs answer instead. */
class FakeHost {
  readonly installed: Set<string>
  readonly calls: string[] = []
  readonly #failures: string[]

  constructor(installed: string[], failures: string[] = []) {
    this.installed = new Set(installed)
    this.#failures = failures
  }

  readonly run: RunCommand = (command, args) => {
    const words = args.filter((arg) => !arg.startsWith('-') && !arg.includes('='))
    if (command === 'dpkg-query') {
      const known = words.filter((name) => this.installed.has(name))
      const lines = known.map((name) => `${name}\tinstalled\n`).join('')
      return Promise.resolve(result(known.length === words.length - 1 ? 0 : 1, lines))
    }
    this.calls.push(words.join(' '))
    const failure = words[0] === 'install' ? this.#failures.shift() : undefined
    if (failure !== undefined) return Promise.resolve(result(100, '', failure))
    for (const name of words.slice(1)) this.installed.add(name)
    return Promise.resolve(result(0))
  }
}

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-debian-'))
})
afterEach(() => rm(directory, { recursive: true }))

const optionsFor = (host: FakeHost, isRoot = true) => ({
  log: () => {},
  run: host.run,
  isRoot,
  lockFile: join(directory, 'lock'),
})

describe('ensureDebianPackages', () => {
  it('names the exact apt-get line when it may not install', async () => {
    const host = new FakeHost(['kmod'])
    const attempt = ensureDebianPackages(['kmod', 'ovmf', 'ipxe'], optionsFor(host, false))
    const error = await attempt.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(DebianPackagesMissingError)
    expect((error as DebianPackagesMissingError).remedy).toContain(
      'apt-get install -y --no-install-recommends ovmf ipxe',
    )
    expect(host.calls).toEqual([])
  })

  it('says so where there is no dpkg', async () => {
    const run: RunCommand = () => Promise.resolve(result(127))
    await expect(ensureDebianPackages(['kmod'], { log: () => {}, run })).rejects.toThrow(
      NotDebianError,
    )
  })

  it('gives up with the last lines of apt-get when a refreshed list does not help', async () => {
    const host = new FakeHost([], ['E: 404', 'E: still 404'])
    await expect(ensureDebianPackages(['kmod'], optionsFor(host))).rejects.toThrow(PackageToolError)
  })

  it('refreshes the package lists once when an install fails', async () => {
    const host = new FakeHost([], ['E: 404'])
    await ensureDebianPackages(['kmod'], optionsFor(host))
    expect(host.calls).toEqual(['install kmod', 'update', 'install kmod'])
  })

  it('runs no apt-get when everything is there', async () => {
    const host = new FakeHost(['kmod', 'ovmf'])
    await ensureDebianPackages(['kmod', 'ovmf'], optionsFor(host))
    expect(host.calls).toEqual([])
  })

  it('installs only once when several callers want the same package', async () => {
    const host = new FakeHost(['ovmf'])
    const wanted = ['ovmf', 'kmod']
    await Promise.all([1, 2, 3].map(() => ensureDebianPackages(wanted, optionsFor(host))))
    expect(host.calls).toEqual(['install kmod'])
  })
})
