import { createHash } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { digestFromBytes } from '../base/digest.ts'
import type { Digest } from '../base/digest.ts'
import { readBaseSystem } from './base-system.ts'
import type { PackageVersion } from './base-system.ts'
import { digestOfBuilder } from './builder-digest.ts'
import { bundleAgent } from './bundle-agent.ts'
import { compressArchive } from './compress-archive.ts'

export interface SledgehammerOptions {
  /** Where `vmlinuz`, `initramfs.zst` and `sledgehammer.json` are put. */
  readonly outputDirectory: string
  /** Where Debian's packages and the base system stay between builds. */
  readonly cacheDirectory: string
  readonly log: (line: string) => void
  /** The file to bundle as the agent; the agent of this project by default. */
  readonly agentEntryPoint?: string
}

export interface SledgehammerFile {
  readonly name: string
  readonly sizeBytes: number
  readonly digest: Digest
}

/** What `sledgehammer.json` holds. */
export interface SledgehammerBuild {
  readonly kernelRelease: string
  readonly nodeVersion: string
  readonly packages: readonly PackageVersion[]
  readonly vmlinuz: SledgehammerFile
  readonly initramfs: SledgehammerFile
  /** Over the agent and the builder: what decides whether a build is up to date. */
  readonly inputsDigest: Digest
}

/** What a machine gets besides the base system. */
export interface SledgehammerInputs {
  readonly agent: Uint8Array
  readonly digest: Digest
}

const projectAgent = fileURLToPath(new URL('../agent/main.ts', import.meta.url))

/**
 * Builds the kernel and the initramfs that machines boot into. Equal inputs give equal bytes, and no
 * root is needed. The initramfs is two archives in a row: the base system, which is cached, and a small
 * one with the agent, so that a changed agent costs a fraction of a second. What belongs to one site,
 * such as the keys that sign its images, is not in it: the daemon adds that when it serves the file.
 *
 * @throws {AgentBundleError} when the agent does not bundle
 * @throws what {@link readBaseSystem} throws
 */
export async function buildSledgehammer(options: SledgehammerOptions): Promise<SledgehammerBuild> {
  const inputs = await readInputs(options)
  const base = await readBaseSystem(options)
  const overlay = await compressArchive([
    { type: 'file', path: 'lib/repave/agent.cjs', bytes: inputs.agent },
  ])
  const initramfs = Buffer.concat([base.archive, overlay])
  const build: SledgehammerBuild = {
    kernelRelease: base.kernelRelease,
    nodeVersion: base.nodeVersion,
    packages: base.packages,
    vmlinuz: describeFile('vmlinuz', base.vmlinuz),
    initramfs: describeFile('initramfs.zst', initramfs),
    inputsDigest: inputs.digest,
  }
  await mkdir(options.outputDirectory, { recursive: true })
  await replaceFile(join(options.outputDirectory, build.vmlinuz.name), base.vmlinuz)
  await replaceFile(join(options.outputDirectory, build.initramfs.name), initramfs)
  const facts = Buffer.from(`${JSON.stringify(build, undefined, 2)}\n`)
  await replaceFile(join(options.outputDirectory, 'sledgehammer.json'), facts)
  return build
}

/** @throws {AgentBundleError} when the agent does not bundle */
export async function readInputs(
  options: Pick<SledgehammerOptions, 'agentEntryPoint'>,
): Promise<SledgehammerInputs> {
  const agent = await bundleAgent(options.agentEntryPoint ?? projectAgent)
  const hash = createHash('sha256')
  hash.update(await digestOfBuilder()).update(process.versions.node)
  hash.update(`${agent.length}\n`).update(agent)
  return { agent, digest: digestFromBytes(hash.digest()) }
}

function describeFile(name: string, bytes: Uint8Array): SledgehammerFile {
  const digest = digestFromBytes(createHash('sha256').update(bytes).digest())
  return { name, sizeBytes: bytes.length, digest }
}

/** A reader sees the old file or the new one, never a part. */
async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const partial = `${path}.${process.pid}.partial`
  await writeFile(partial, bytes)
  await rename(partial, path)
}
