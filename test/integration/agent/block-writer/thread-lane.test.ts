import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { describe, expect, test } from 'vitest'

import { HeldBack } from '../../../../src/agent/block-writer/held-back.ts'
import { ChunkTable } from '../../../../src/agent/block-writer/lanes/chunk-table.ts'
import { LaneCounters } from '../../../../src/agent/block-writer/lanes/lane-counters.ts'
import { StepQueue } from '../../../../src/agent/block-writer/lanes/step-queue.ts'
import { ThreadLane } from '../../../../src/agent/block-writer/lanes/thread-lane.ts'
import { planWrite } from '../../../../src/agent/block-writer/write-plan.ts'
import { bundleAgent } from '../../../../src/sledgehammer/bundle-agent.ts'
import { attachLoopDevice } from '../../../fakes/loop-device.ts'
import { createSignedImage, patternBytes } from '../../../fakes/signed-image.ts'

const MiB = 1024 * 1024
const image = createSignedImage(patternBytes(4 * MiB))
const root = join(import.meta.dirname, '../../../..')
const run = promisify(execFile)

const shareOf = () => {
  const disk = { sizeBytes: 8 * MiB, logicalSectorBytes: 512 }
  const plan = planWrite(image.manifest, disk)
  return {
    packUrl: 'http://127.0.0.1:9/pack',
    table: ChunkTable.of(plan).memory,
    heldBack: HeldBack.of(plan.heldBack).memory,
    counters: LaneCounters.forLanes(1).memory,
    patienceMs: 100,
  }
}

const work = () => ({
  kind: 'write' as const,
  steps: StepQueue.of([{ firstChunk: 0, chunkCount: 1 }]).memory,
})

describe('ThreadLane', () => {
  test('a thread that leaves without a word is a failed write, not the end of it (B28)', async () => {
    const { signal } = new AbortController()
    const options = { descriptor: 0, share: shareOf(), log: () => undefined, signal }
    const file = join(root, 'test/fakes/dying-lane-process.ts')
    await using lane = new ThreadLane(0, { ...options, file })
    const failure = { code: 'ERR_WRITER_THREAD' }
    await expect(lane.run(work())).rejects.toMatchObject(failure)
    await expect(lane.run(work())).rejects.toMatchObject(failure)
  })

  test('what a lane throws keeps its code and its facts on the way between threads', async () => {
    const { signal } = new AbortController()
    const options = { descriptor: 0, share: shareOf(), log: () => undefined, signal }
    await using lane = new ThreadLane(0, options)
    await expect(lane.run(work())).rejects.toMatchObject({
      code: 'ERR_FETCH_FAILED',
      url: 'http://127.0.0.1:9/pack',
    })
  })
})

const writeBy = async (program: readonly string[], folder: string) => {
  using loop = attachLoopDevice(8 * MiB, { fill: 0xaa })
  const words = [...program, folder, loop.disk.path, '--yes', '--digest', image.imageDigest]
  const receipt = join(folder, 'receipt.json')
  const { stdout } = await run(process.execPath, [...words, '--receipt', receipt])
  const isThere = readFileSync(loop.backingPath).subarray(0, image.raw.length).equals(image.raw)
  return { stdout, isThere, receipt: JSON.parse(readFileSync(receipt, 'utf8')) }
}

describe('repave write', () => {
  const inFolder = async (test: (folder: string) => Promise<void>) => {
    const folder = mkdtempSync(join(tmpdir(), 'write-'))
    try {
      writeFileSync(join(folder, 'manifest.json'), JSON.stringify(image.signed))
      writeFileSync(join(folder, 'pack'), image.pack)
      await test(folder)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  test('refuses an image that nobody vouches for, and a disk that nobody gave up', () =>
    inFolder(async (folder) => {
      using loop = attachLoopDevice(8 * MiB, { fill: 0xaa })
      const words = [join(root, 'src/main.ts'), 'write', folder, loop.disk.path]
      const keys = ['--trusted-keys', join(folder, 'none.json')]
      await expect(run(process.execPath, [...words, ...keys, '--yes'])).rejects.toMatchObject({
        stderr: expect.stringContaining(`--digest ${image.imageDigest}`),
      })
      const digest = ['--digest', image.imageDigest]
      await expect(run(process.execPath, [...words, ...digest])).rejects.toMatchObject({
        stderr: expect.stringContaining('ERR_NOT_CONFIRMED'),
      })
      expect(readFileSync(loop.backingPath).every((byte) => byte === 0xaa)).toBe(true)
    }))

  test('writes and proves from a folder, run from plain source', () =>
    inFolder(async (folder) => {
      const written = await writeBy([join(root, 'src/main.ts'), 'write'], folder)
      expect(written.isThere).toBe(true)
      expect(written.stdout).toContain('proven')
      expect(JSON.parse(written.receipt.receipt)).toMatchObject({ imageDigest: image.imageDigest })
    }))

  test('and run from one bundled file, where its threads start from that file too', () =>
    inFolder(async (folder) => {
      const entry = join(root, 'test/fakes/bundled-write-process.ts')
      const bundle = join(folder, 'bundle.cjs')
      writeFileSync(bundle, await bundleAgent(entry))
      const { stdout, isThere } = await writeBy([bundle], folder)
      expect(isThere).toBe(true)
      expect(stdout).toContain('proven')
    }))
})
