import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { downloadDebianPackages } from '../../../src/debian/download-debian-packages.ts'
import { PackageToolError } from '../../../src/debian/errors.ts'
import { runCommand } from '../../../src/debian/run-command.ts'
import type { RunCommand } from '../../../src/debian/run-command.ts'
import { unpackDebianArchive } from '../../../src/debian/unpack-debian-archive.ts'
import { withPackageLists } from '../../../src/debian/package-lists.ts'

let cacheDirectory: string
beforeAll(async () => {
  cacheDirectory = await mkdtemp(join(tmpdir(), 'repave-debs-'))
})
afterAll(() => rm(cacheDirectory, { recursive: true }))

const log = (): void => {}

describe('downloadDebianPackages', () => {
  it('fails for a package that does not exist, and says what apt said', async () => {
    const attempt = downloadDebianPackages(['no-such-package-at-all'], { cacheDirectory, log })
    const error = await attempt.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(PackageToolError)
    expect((error as PackageToolError).output).toContain('no-such-package-at-all')
  })

  it('fetches a package, keeps it, and repairs a copy that was cut short', async () => {
    const [first] = await downloadDebianPackages(['kmod'], { cacheDirectory, log })
    const fetched: string[] = []
    const run: RunCommand = (command, args, options) => {
      if (args.includes('-q')) fetched.push(args.at(-1) ?? '')
      return runCommand(command, args, options)
    }
    await downloadDebianPackages(['kmod'], { cacheDirectory, log, run })
    expect(fetched).toEqual([])

    await truncate(first!.path, 100)
    const [repaired] = await downloadDebianPackages(['kmod'], { cacheDirectory, log, run })
    expect(fetched).toEqual(['kmod'])
    expect(repaired).toEqual(first)
    expect((await stat(first!.path)).size).toBe(first!.sizeBytes)
  })

  it('finds the kernel that the meta package stands for', async () => {
    // The concrete file is 70 MB: asking apt for its address is enough here.
    const wanted = { metaPackage: 'linux-image-amd64', dependencyPrefix: 'linux-image-' }
    const asked: string[] = []
    const run: RunCommand = (command, args, options) => {
      if (!args.includes('--print-uris')) return runCommand(command, args, options)
      asked.push(args.at(-1) ?? '')
      return Promise.resolve({ exitCode: 100, stdout: '', stderr: 'stop here' })
    }
    await downloadDebianPackages([wanted], { cacheDirectory, log, run }).catch(() => {})
    expect(asked[0]).toMatch(/^linux-image-\d.*-amd64$/)
  })
})

describe('withPackageLists', () => {
  it('fetches lists of its own where the system has none', async () => {
    const options = { cacheDirectory, log, run: runCommand, systemLists: join(cacheDirectory, '-') }
    const { stdout } = await withPackageLists(
      (lists) => runCommand('apt-cache', [...lists, 'show', 'kmod']),
      options,
    )
    expect(stdout).toContain('Package: kmod')
  })
})

describe('unpackDebianArchive', () => {
  it('refuses a file that is no package', async () => {
    const directory = join(cacheDirectory, 'nothing')
    await expect(unpackDebianArchive('/etc/hostname', directory)).rejects.toThrow(PackageToolError)
  })

  it('unpacks the files of a package', async () => {
    const [archive] = await downloadDebianPackages(['kmod'], { cacheDirectory, log })
    const directory = join(cacheDirectory, 'unpacked')
    await unpackDebianArchive(archive!.path, directory)
    expect(await readdir(join(directory, 'sbin'))).toContain('depmod')
  })
})
