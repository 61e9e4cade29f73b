import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { access, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import { buildSledgehammer } from '../../../src/sledgehammer/build-sledgehammer.ts'
import type { SledgehammerBuild } from '../../../src/sledgehammer/build-sledgehammer.ts'
import { ensureSledgehammer } from '../../../src/sledgehammer/ensure-sledgehammer.ts'

const log = (): void => {}
const agentSource = "process.stdout.write('agent\\n')\n"

let directory: string
let first: SledgehammerBuild
let options: Parameters<typeof buildSledgehammer>[0]

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-sledgehammer-'))
  const agentEntryPoint = join(directory, 'agent.ts')
  await writeFile(agentEntryPoint, agentSource)
  options = {
    outputDirectory: join(directory, 'first'),
    cacheDirectory: join(directory, 'first-cache'),
    agentEntryPoint,
    log,
  }
  first = await buildSledgehammer(options)
})
afterAll(() => rm(directory, { recursive: true }))

const zstdMagic = Buffer.from('28b52ffd', 'hex')

/** GNU cpio's lists of the two archives in the initramfs, which the kernel unpacks in a row. */
async function listInitramfs(): Promise<string[]> {
  const compressed = await readFile(join(options.outputDirectory, 'initramfs.zst'))
  const second = compressed.lastIndexOf(zstdMagic)
  return [compressed.subarray(0, second), compressed.subarray(second)].flatMap((frame) => {
    const input = zstdDecompressSync(frame)
    const { stdout } = spawnSync('cpio', ['-itv', '--quiet'], {
      input,
      encoding: 'utf8',
      maxBuffer: MEBIBYTE,
    })
    return stdout.split('\n')
  })
}

describe('buildSledgehammer', () => {
  it('gives the same bytes from another cache in another place', async () => {
    const cacheDirectory = join(directory, 'second-cache')
    // Only the downloads are shared; everything made from them is made again.
    await mkdir(cacheDirectory)
    await symlink(join(options.cacheDirectory, 'packages'), join(cacheDirectory, 'packages'))
    const outputDirectory = join(directory, 'second')
    const second = await buildSledgehammer({ ...options, cacheDirectory, outputDirectory })
    expect(second).toEqual(first)
  })

  it('writes the files that it describes, within 90 MiB', async () => {
    for (const file of [first.vmlinuz, first.initramfs]) {
      const bytes = await readFile(join(options.outputDirectory, file.name))
      expect(bytes.length).toBe(file.sizeBytes)
      expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(file.digest)
    }
    expect(first.vmlinuz.sizeBytes + first.initramfs.sizeBytes).toBeLessThan(90 * MEBIBYTE)
  })

  it('holds init, Node, the agent and the drivers, and no sound or graphics', async () => {
    const lines = await listInitramfs()
    const paths = lines.map((line) => line.slice(line.lastIndexOf(' ') + 1))
    const modules = `lib/modules/${first.kernelRelease}`
    expect(paths).toEqual(
      expect.arrayContaining([
        'init',
        'bin/busybox',
        'usr/bin/node',
        'lib/repave/agent.cjs',
        `${modules}/kernel/drivers/net/virtio_net.ko`,
        `${modules}/kernel/drivers/nvme/host/nvme.ko`,
        `${modules}/modules.alias`,
      ]),
    )
    expect(lines).toContainEqual(expect.stringMatching(/^crw------- .* 5, +1 .* dev\/console$/))
    const unwanted = /kernel\/(?:sound|drivers\/(?:gpu|media|net\/wireless))\//
    expect(paths.filter((path) => unwanted.test(path))).toEqual([])
  })
})

describe('ensureSledgehammer', () => {
  it('builds again when a file is missing, and when the agent changed', async () => {
    await rm(join(options.outputDirectory, 'vmlinuz'))
    const repaired = await ensureSledgehammer(options)
    expect(repaired.isNew).toBe(true)
    expect(repaired.build).toEqual(first)

    await writeFile(options.agentEntryPoint ?? '', "process.stdout.write('changed')\n")
    const changed = await ensureSledgehammer(options)
    await writeFile(options.agentEntryPoint ?? '', agentSource)
    expect(changed.isNew).toBe(true)
    expect(changed.build.initramfs.digest).not.toBe(first.initramfs.digest)
    expect(changed.build.vmlinuz).toEqual(first.vmlinuz)
  })

  it('leaves an up-to-date build alone', async () => {
    await ensureSledgehammer(options)
    const again = await ensureSledgehammer(options)
    expect(again.isNew).toBe(false)
    expect(again.build).toEqual(first)
    await access(again.initramfsPath)
  })
})
