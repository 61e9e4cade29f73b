import { execFileSync } from 'node:child_process'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { MEBIBYTE } from '../../src/base/byte-size.ts'
import { ensureDebianPackages } from '../../src/debian/ensure-debian-packages.ts'
import { patternBytes } from '../fakes/signed-image.ts'
import { type Bench, median } from './bench-report.ts'

const rounds = Number(process.env['ROUNDS'] ?? 3)

/**
 * Importing a raw image, every digest included, against `zstd -3` of the same file on as many cores
 * (`-T0`). `IMAGE=FILE` names the image; without it one is made that is two thirds zeros.
 */
export const bench: Bench = async (report) => {
  await ensureDebianPackages(['zstd'], { log: (line) => report.note(line) })
  const folder = await mkdtemp(join(tmpdir(), 'repave-import-'))
  try {
    const file = process.env['IMAGE'] ?? (await makeImage(join(folder, 'image.raw')))
    const figures = { first: [] as number[], again: [] as number[], zstd: [] as number[] }
    let peakMebibytes = 0
    let packMebibytes = 0
    for (let round = 0; round < rounds; round++) {
      const store = join(folder, `store-${round}`)
      const first = importOnce(store, file)
      figures.first.push(first.seconds)
      // Every chunk is stored already: what the next version costs where nothing has changed.
      figures.again.push(importOnce(store, file).seconds)
      figures.zstd.push(compressOnce(file, join(folder, 'out.zst')))
      peakMebibytes = Math.max(peakMebibytes, first.peakMebibytes)
      packMebibytes = first.packBytes / MEBIBYTE
      await rm(store, { recursive: true })
    }
    const { size } = await stat(file)
    report.table(`import of ${Math.round(size / MEBIBYTE)} MiB (medians of ${rounds})`, [
      ['', 'seconds', 'MB/s', 'stored MiB'],
      ['import', median(figures.first), size / 1e6 / median(figures.first), packMebibytes],
      ['import of what is stored', median(figures.again), size / 1e6 / median(figures.again), 0],
      ['zstd -3 -T0', median(figures.zstd), size / 1e6 / median(figures.zstd), ''],
    ])
    report.goal({
      name: 'import: zstd -3 -T0 / ours',
      measured: median(figures.zstd) / median(figures.first),
      unit: '×',
      goal: { atLeast: 1 },
    })
    report.goal({
      name: 'memory of an import, peak',
      measured: peakMebibytes,
      unit: 'MiB',
      goal: { atMost: 300 },
    })
  } finally {
    await rm(folder, { recursive: true })
  }
}

function importOnce(directory: string, file: string) {
  const program = join(import.meta.dirname, 'import-process.ts')
  const output = execFileSync(process.execPath, [program, directory, file], { encoding: 'utf8' })
  return JSON.parse(output) as { seconds: number; peakMebibytes: number; packBytes: number }
}

function compressOnce(file: string, output: string): number {
  const startedMs = performance.now()
  execFileSync('zstd', ['-q', '-f', '-3', '-T0', file, '-o', output])
  return (performance.now() - startedMs) / 1000
}

async function makeImage(path: string): Promise<string> {
  await using file = await open(path, 'w')
  for (let piece = 0; piece < 96; piece++) {
    await file.write(
      piece % 3 === 0 ? patternBytes(16 * MEBIBYTE, piece + 1) : Buffer.alloc(16 * MEBIBYTE),
    )
  }
  return path
}
