import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { buildSledgehammer, readInputs } from './build-sledgehammer.ts'
import type {
  SledgehammerBuild,
  SledgehammerFile,
  SledgehammerOptions,
} from './build-sledgehammer.ts'

export interface ReadySledgehammer {
  readonly build: SledgehammerBuild
  readonly vmlinuzPath: string
  readonly initramfsPath: string
  /** Whether this call built it. */
  readonly isNew: boolean
}

/**
 * The sledgehammer in `outputDirectory`, built only when it is absent or when the agent or the builder
 * changed. A newer kernel package alone is no reason: `sledgehammer build` takes it in.
 * Costs a fraction of a second and no network when nothing changed.
 *
 * @throws what {@link buildSledgehammer} throws
 */
export async function ensureSledgehammer(options: SledgehammerOptions): Promise<ReadySledgehammer> {
  const existing = await readCurrentBuild(options)
  const build = existing ?? (await buildSledgehammer(options))
  return {
    build,
    vmlinuzPath: join(options.outputDirectory, build.vmlinuz.name),
    initramfsPath: join(options.outputDirectory, build.initramfs.name),
    isNew: existing === undefined,
  }
}

async function readCurrentBuild(
  options: SledgehammerOptions,
): Promise<SledgehammerBuild | undefined> {
  const inputs = await readInputs(options)
  try {
    const text = await readFile(join(options.outputDirectory, 'sledgehammer.json'), 'utf8')
    const build = JSON.parse(text) as SledgehammerBuild
    const isWhole =
      (await hasSize(options.outputDirectory, build.vmlinuz)) &&
      (await hasSize(options.outputDirectory, build.initramfs))
    return isWhole && build.inputsDigest === inputs.digest ? build : undefined
  } catch {
    // Absent or damaged: building it again is the answer to both.
    return undefined
  }
}

async function hasSize(directory: string, file: SledgehammerFile): Promise<boolean> {
  return (await stat(join(directory, file.name))).size === file.sizeBytes
}
