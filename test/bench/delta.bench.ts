import { randomBytes } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

import { MEBIBYTE } from '../../src/base/byte-size.ts'
import { type ImageManifest, imageManifestSchema } from '../../src/contract/image-manifest.ts'
import { receiptSchema, signedReceiptSchema } from '../../src/contract/receipt.ts'
import { ensureDebianPackages } from '../../src/debian/ensure-debian-packages.ts'
import { type Bench, type BenchReport, median } from './bench-report.ts'
import { type BenchImage, debianImage, denseImage } from './writer/bench-images.ts'
import { type BenchPlace, openBenchPlace } from './writer/bench-place.ts'
import { runTimed } from './writer/run-timed.ts'

const rounds = 3

/** Reads and hashes the disk, a range a core: what nobody who looks at every byte can be much faster than. */
function hashDisk({ rawBytes }: BenchImage, disk: string): string {
  const cores = availableParallelism()
  const blocks = Math.ceil(rawBytes / (4 * MEBIBYTE))
  const each = Math.ceil(blocks / cores)
  const ranges = Array.from({ length: cores }, (_, core) => {
    const place = `skip=${core * each} count=${Math.min(each, blocks - core * each)}`
    return `dd if=${disk} bs=4M iflag=direct ${place} status=none | openssl sha256 >/dev/null &`
  })
  return `${ranges.join(' ')} wait`
}

async function manifestOf({ folder }: BenchImage): Promise<ImageManifest> {
  const signed = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'))
  return imageManifestSchema.parse(JSON.parse(signed.manifest))
}

/** Spoils one sector in every fiftieth stored chunk; @returns the stored bytes of those chunks */
async function spoil(manifest: ImageManifest, disk: string): Promise<number> {
  await using device = await open(disk, 'r+')
  let storedBytes = 0
  let stored = 0
  for (const [index, chunk] of manifest.chunks.entries()) {
    if (chunk.kind === 'zero' || stored++ % 50 !== 25) continue
    await device.write(randomBytes(512), 0, 512, index * manifest.chunkBytes + MEBIBYTE)
    storedBytes += chunk.storedBytes
  }
  await device.sync()
  return storedBytes
}

async function measure(report: BenchReport, image: BenchImage, place: BenchPlace): Promise<void> {
  const manifest = await manifestOf(image)
  const receiptPath = `${place.disk.replaceAll('/', '-').slice(1)}.receipt`
  const receiptFile = join(image.folder, receiptPath)
  const words = `--yes --receipt ${receiptFile}`
  const write = `${place.writer} ${place.url}/${image.name}/ ${place.disk} ${image.digest} ${words}`
  await runTimed(write)
  const seconds = { hash: [] as number[], same: [] as number[], changed: [] as number[] }
  const fetched: number[] = []
  for (let round = 0; round < rounds; round++) {
    seconds.hash.push((await runTimed(hashDisk(image, place.disk))).seconds)
    seconds.same.push((await runTimed(write)).seconds)
    const changedBytes = await spoil(manifest, place.disk)
    seconds.changed.push((await runTimed(write)).seconds)
    const signed = signedReceiptSchema.parse(JSON.parse(await readFile(receiptFile, 'utf8')))
    fetched.push(receiptSchema.parse(JSON.parse(signed.receipt)).bytesFetched / changedBytes)
    await runTimed(`cmp -n ${image.rawBytes} ${image.rawPath} ${place.disk}`)
  }
  const hash = median(seconds.hash)
  report.table(image.name, [
    ['', 'seconds', 'of reading and hashing'],
    ['dd | openssl sha256, a range a core', hash, 1],
    ['repave write, the same image again', median(seconds.same), median(seconds.same) / hash],
    ['repave write, 2 % changed', median(seconds.changed), median(seconds.changed) / hash],
  ])
  const goals = [
    ['same again / reading and hashing', median(seconds.same) / hash, 1.15],
    ['2 % changed / reading and hashing', median(seconds.changed) / hash, 1.3],
    ['fetched / what the changed chunks hold', median(fetched), 1.1],
  ] as const
  for (const [name, measured, atMost] of goals) {
    report.goal({ name: `${image.name}: ${name}`, measured, unit: 'x', goal: { atMost } })
  }
}

/** How much of a write is spared where the image, or nearly, lies on the disk already. */
export const bench: Bench = async (report) => {
  const packages = ['openssl', 'zstd', 'bmap-tools', 'nginx-light']
  await ensureDebianPackages(packages, { log: (line) => report.note(line) })
  const images = [await debianImage(), await denseImage()]
  await using place = await openBenchPlace(
    Math.max(...images.map(({ rawBytes }) => rawBytes)) + 64 * MEBIBYTE,
  )
  for (const image of images) await measure(report, image, place)
}
