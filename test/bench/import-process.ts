/** `import-process.ts DIRECTORY FILE`: imports a raw image into a store and prints how long that took, as JSON. */
import { statSync } from 'node:fs'
import { open } from 'node:fs/promises'

import { MEBIBYTE } from '../../src/base/byte-size.ts'
import { openImages } from '../../src/daemon/parts/images/open-images.ts'

const [directory = '', file = ''] = process.argv.slice(2)
const { store, importSources } = await openImages(directory)
const startedMs = performance.now()
const bytes = readFileBytes(file)
const sizeBytes = statSync(file).size
const origin = { kind: 'file', name: 'bench.raw' } as const
const from = { kind: 'upload', origin, bytes, sizeBytes } as const
const source = importSources.open({ from })
const { image } = await store.importImage({ name: 'bench', version: '1', source })
const peakMebibytes = Math.round(process.resourceUsage().maxRSS / 1024)
const seconds = (performance.now() - startedMs) / 1000
console.log(JSON.stringify({ seconds, peakMebibytes, packBytes: image.packBytes }))

/** Through two buffers in turn, as zstd reads it: what becomes garbage here is not the import's. */
async function* readFileBytes(path: string): AsyncGenerator<Uint8Array> {
  await using handle = await open(path)
  const first = Buffer.allocUnsafeSlow(4 * MEBIBYTE)
  const second = Buffer.allocUnsafeSlow(4 * MEBIBYTE)
  let reading = handle.read(first, 0, first.length, null)
  for (let next = second; ; next = next === first ? second : first) {
    const { bytesRead, buffer } = await reading
    if (bytesRead === 0) return
    reading = handle.read(next, 0, next.length, null)
    yield buffer.subarray(0, bytesRead)
  }
}
