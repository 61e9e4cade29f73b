/** `import-process.ts DIRECTORY FILE`: imports a raw image into a store and prints how long that took, as JSON. */
import { createReadStream, statSync } from 'node:fs'

import { MEBIBYTE } from '../../src/base/byte-size.ts'
import { openImages } from '../../src/daemon/open-images.ts'

const [directory = '', file = ''] = process.argv.slice(2)
const { store, importSources } = await openImages(directory)
const startedMs = performance.now()
const bytes = createReadStream(file, { highWaterMark: 4 * MEBIBYTE })
const sizeBytes = statSync(file).size
const origin = { kind: 'file', name: 'bench.raw' } as const
const from = { kind: 'upload', origin, bytes, sizeBytes } as const
const source = importSources.open({ from })
const { image } = await store.importImage({ name: 'bench', version: '1', source })
const peakMebibytes = Math.round(process.resourceUsage().maxRSS / 1024)
const seconds = (performance.now() - startedMs) / 1000
console.log(JSON.stringify({ seconds, peakMebibytes, packBytes: image.packBytes }))
