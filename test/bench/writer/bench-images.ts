import { existsSync } from 'node:fs'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { packRawImage } from './pack-raw-image.ts'
import { runTimed } from './run-timed.ts'

/** An image in every form that a writer of the bench takes; kept in the cache from run to run. */
export interface BenchImage {
  readonly name: string
  /** Below the server's root: `raw.zst`, `raw.bmap`, `manifest.json`, `pack`. */
  readonly folder: string
  readonly rawPath: string
  readonly rawBytes: number
  readonly digest: string
}

const root = join(import.meta.dirname, '../../..')
export const benchFolder = join(root, '.cache/bench')

/** The image of the recipe: mostly zeros, as disks of real systems are. */
export function debianImage(): Promise<BenchImage> {
  return prepare('debian-12', async (rawPath) => {
    const program = join(root, 'src/main.ts')
    await runTimed(`${process.execPath} ${program} image build debian-12 --output ${rawPath}`)
  })
}

/** 2 GiB of packages' files, hardly a zero among them. */
export function denseImage(): Promise<BenchImage> {
  return prepare('dense', async (rawPath) => {
    // The end of the pipe closes it once it has enough.
    await runTimed(`set +o pipefail; tar -C / -cf - usr | head -c 2147483648 > ${rawPath}`)
  })
}

async function prepare(
  name: string,
  makeRaw: (rawPath: string) => Promise<void>,
): Promise<BenchImage> {
  const folder = join(benchFolder, name)
  const rawPath = join(folder, 'raw')
  await mkdir(folder, { recursive: true })
  if (!existsSync(rawPath)) await makeRaw(rawPath)
  if (!existsSync(join(folder, 'manifest.json'))) await packRawImage(rawPath, folder, name)
  if (!existsSync(join(folder, 'raw.zst'))) {
    await runTimed(`zstd -q -3 -T0 ${rawPath} -o ${folder}/raw.zst`)
  }
  if (!existsSync(join(folder, 'raw.bmap'))) {
    await runTimed(`bmaptool create ${rawPath} -o ${folder}/raw.bmap`)
  }
  const digest = await readFile(join(folder, 'digest'), 'utf8')
  return { name, folder, rawPath, rawBytes: (await stat(rawPath)).size, digest }
}
