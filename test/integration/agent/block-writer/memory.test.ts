import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { describe, expect, test } from 'vitest'

import type { ImageManifest } from '../../../../src/contract/image-manifest.ts'
import { bundleAgent } from '../../../../src/sledgehammer/bundle-agent.ts'
import { attachLoopDevice } from '../../../fakes/loop-device.ts'
import { createSignedImage, patternBytes, signManifest } from '../../../fakes/signed-image.ts'

const MiB = 1024 * 1024
const GiB = 1024 * MiB
const chunkBytes = 4 * MiB
/** As large as that takes to tell a writer that keeps what it has seen from one that does not. */
const imageBytes = 2 * GiB
const root = join(import.meta.dirname, '../../../..')
const run = promisify(execFile)

/** Data at the start, then zeros, which a fresh disk has already. */
const largeManifest = (data: ImageManifest): ImageManifest => {
  const rawBytes = imageBytes
  const zeros = Array.from({ length: rawBytes / chunkBytes - data.chunks.length }, () => ({
    kind: 'zero' as const,
  }))
  return { ...data, rawBytes, chunks: [...data.chunks, ...zeros] }
}

describe('repave write', () => {
  test('needs no more memory for an image that is larger than the memory of a small machine (B24)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'large-'))
    using loop = attachLoopDevice(imageBytes)
    try {
      const data = createSignedImage(patternBytes(48 * MiB), { chunkBytes })
      const { signed, imageDigest } = signManifest(largeManifest(data.manifest))
      writeFileSync(join(folder, 'manifest.json'), JSON.stringify(signed))
      writeFileSync(join(folder, 'pack'), data.pack)
      const writer = join(folder, 'writer.cjs')
      writeFileSync(writer, await bundleAgent(join(root, 'test/bench/writer/writer-process.ts')))
      const words = [`${folder}/`, loop.disk.path, imageDigest, '--yes']
      const { stdout } = await run(process.execPath, ['--max-semi-space-size=1', writer, ...words])
      expect(stdout).toContain('proven')
      const peakBytes = Number(/^peak (\d+) KiB$/m.exec(stdout)?.[1]) * 1024
      expect(peakBytes).toBeLessThan(160e6)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
