import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { planCapturedLayout } from '../../../../src/agent/capture/captured-table.ts'
import { runCaptureImage } from '../../../../src/agent/tasks/capture-image.ts'
import { seedPartitionName } from '../../../../src/agent/tasks/plan-seed.ts'
import { digestHex } from '../../../../src/base/digest.ts'
import { captureChunkBytes } from '../../../../src/contract/capture.ts'
import type { Disk } from '../../../../src/contract/machine.ts'
import { registerCaptures } from '../../../../src/daemon/api/agents/captures.ts'
import type { Capture } from '../../../../src/daemon/domain/image/capture-spool.ts'
import { openImages } from '../../../../src/daemon/parts/images/open-images.ts'
import { FolderCaptureSpool } from '../../../../src/daemon/store/captures/folder-capture-spool.ts'
import { addPartitionAtEnd } from '../../../../src/protocol/gpt/change-gpt.ts'
import { encodeGpt } from '../../../../src/protocol/gpt/encode-gpt.ts'
import { gptPartitionTypes, type GptTable } from '../../../../src/protocol/gpt/gpt-table.ts'
import { createAgentWorld, createTaskContext } from '../../../fakes/agent-world.ts'
import { sampleTable } from '../../../fakes/sample-gpt.ts'

const key = 'k'.repeat(43)
const secret = 'the seed of the reference machine'
let directory = ''
let app: FastifyInstance
let url = ''
let images: Awaited<ReturnType<typeof openImages>>
let refuseNextChunks = 0

/** A disk of 32 MiB: a root partition with content and holes, and a seed with secrets. */
function referenceTable(): GptTable {
  const added = addPartitionAtEnd(sampleTable(), {
    typeGuid: gptPartitionTypes.microsoftBasicData,
    partitionGuid: '99999999-2222-4333-8444-666666666666',
    name: seedPartitionName,
    sectors: 8192,
  })
  if (!added.ok) throw new Error(added.reason)
  return added.table
}

async function makeDisk(): Promise<Disk> {
  const path = join(directory, 'disk')
  const table = referenceTable()
  const sizeBytes = table.sectorCount * 512
  await using file = await open(path, 'w')
  await file.truncate(sizeBytes)
  const { primary, backup, backupOffsetBytes } = encodeGpt(table)
  const seedLba = table.partitions.at(-1)?.firstLba ?? 0
  const junk = Buffer.from('what was here before')
  for (const [bytes, offset] of [
    [primary, 0],
    [junk, 512 * 1024],
    [randomBytes(5 * 1024 * 1024), 4096 * 512],
    [randomBytes(4096), 32_760 * 512],
    [Buffer.from(secret), seedLba * 512],
    [backup, backupOffsetBytes],
  ] as const) {
    await file.write(bytes, 0, bytes.length, offset)
  }
  return {
    ...{ name: 'disk', path, sizeBytes, logicalSectorBytes: 512, physicalSectorBytes: 512 },
    ...{ transport: 'virtio', rotational: false, removable: false, readOnly: false, inUseBy: [] },
  }
}

/** What the image must be: the used bytes of the disk, its own table, nothing of the gaps or the seed. */
async function expectedRaw(disk: Disk): Promise<Buffer> {
  const planned = planCapturedLayout(referenceTable())
  if (!planned.ok) throw new Error(planned.reason)
  const raw = Buffer.alloc(planned.layout.rawBytes)
  await using file = await open(disk.path, 'r')
  for (const { firstLba, lastLba } of planned.layout.partitions) {
    await file.read(raw, firstLba * 512, (lastLba - firstLba + 1) * 512, firstLba * 512)
  }
  for (const { offset, bytes } of planned.layout.tables) raw.set(bytes, offset)
  return raw
}

const order = (disk: Disk, uploadPath = `/captures/${key}`) =>
  ({ action: 'capture-image', disk, uploadPath, generalise: true }) as const

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'capture-'))
  images = await openImages(join(directory, 'data'))
  const spool = new FolderCaptureSpool({
    directory: join(directory, 'captures'),
    importer: images.store,
  })
  await spool.keepOnly(new Set())
  const context = createTaskContext()
  const capture: Capture = {
    runId: context.runId,
    machineName: 'node-1',
    imageName: 'golden',
    imageVersion: '1',
    diskBytes: 65_536 * 512,
  }
  refuseNextChunks = 0
  app = fastify({ forceCloseConnections: true })
  app.addHook('onRequest', async (request, reply) => {
    if (request.method === 'PUT' && refuseNextChunks-- > 0) await reply.code(409).send('not now')
  })
  await registerCaptures(app, {
    desk: {
      captureOf: async (given, attemptId) =>
        given === key && attemptId === context.attemptId ? capture : undefined,
    },
    spool,
  })
  url = await app.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  await app.close()
  await rm(directory, { recursive: true })
})

describe(runCaptureImage, () => {
  test('a disk without a GUID partition table is refused, and nothing is sent', async () => {
    const disk = await makeDisk()
    await using file = await open(disk.path, 'r+')
    await file.write(Buffer.alloc(1024), 0, 1024, 0)
    using world = createAgentWorld(url, [], { allowRegularFile: true })
    await expect(runCaptureImage(world, order(disk), createTaskContext())).rejects.toMatchObject({
      code: 'ERR_CAPTURE_REFUSED',
    })
  })

  test('a key that is not of this run is refused, and no image appears', async () => {
    using world = createAgentWorld(url, [], { allowRegularFile: true })
    const foreign = order(await makeDisk(), `/captures/${'x'.repeat(43)}`)
    await expect(runCaptureImage(world, foreign, createTaskContext())).rejects.toMatchObject({
      code: 'ERR_CAPTURE_UPLOAD_FAILED',
    })
    expect(await images.store.listImages()).toEqual([])
  })

  test('makes an image of what is used, without the seed and its secrets; the disk stays as it was', async () => {
    const disk = await makeDisk()
    const sha256 = async (path: string) => {
      await using file = await open(path)
      return createHash('sha256')
        .update(await file.readFile())
        .digest('hex')
    }
    const before = await sha256(disk.path)
    using world = createAgentWorld(url, [], { allowRegularFile: true })
    const { facts } = await runCaptureImage(world, order(disk), createTaskContext())
    const raw = await expectedRaw(disk)
    expect(raw.includes(secret)).toBe(false)
    const image = await images.store.findImage('golden')
    expect(facts.capturedImage).toEqual({
      name: 'golden',
      version: '1',
      digest: image?.image.digest,
    })
    expect(image?.manifest.rawBytes).toBe(raw.length)
    expect(digestHex(image?.manifest.rawDigest ?? ('' as never))).toBe(
      createHash('sha256').update(raw).digest('hex'),
    )
    expect(await sha256(disk.path)).toBe(before)
  })

  test('goes on where an earlier try stopped: only what is missing, or has changed, is sent', async () => {
    const disk = await makeDisk()
    using world = createAgentWorld(url, [], { allowRegularFile: true })
    let sent = 0
    app.server.on('request', ({ method }) => {
      if (method === 'PUT') sent++
    })
    refuseNextChunks = 1
    await expect(runCaptureImage(world, order(disk), createTaskContext())).rejects.toThrow(
      'not now',
    )
    const sentAtFirst = sent
    const context = createTaskContext()
    await runCaptureImage(world, order(disk), context)
    const chunks = Math.ceil((await expectedRaw(disk)).length / captureChunkBytes)
    expect(sent - sentAtFirst).toBeLessThan(chunks)
    expect(context.lines.join()).toMatch(/[1-9]\d* were there already/)
  })
})
