import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { planWrite } from '../../../src/agent/block-writer/write-plan.ts'
import { findTwinDisks } from '../../../src/agent/tasks/find-twin-disks.ts'
import { createAgentWorld, createTaskContext } from '../../fakes/agent-world.ts'
import { startImageServer } from '../../fakes/image-server.ts'
import { KernelTree } from '../../fakes/kernel-tree.ts'
import { sampleDisk } from '../../fakes/sample-disk.ts'
import { createSignedImage } from '../../fakes/signed-image.ts'
import { bootableImages } from '../../torture/writer/bootable-image.ts'

const diskBytes = 8_388_608 * 512
const { next: image } = bootableImages(512)

/** A machine with vda, and vdb that begins with `start`. */
const machineWith = (start: Buffer) => {
  const tree = new KernelTree().disk('vda').disk('vdb', { dev: '254:16\n', serial: 'OTHER' })
  mkdirSync(join(tree.root, 'dev'))
  for (const [name, bytes] of Object.entries({ vda: Buffer.alloc(0), vdb: start })) {
    const path = join(tree.root, 'dev', name)
    writeFileSync(path, bytes)
    truncateSync(path, diskBytes)
  }
  return tree
}

const twinsOf = async (start: Buffer, of = image) => {
  using tree = machineWith(start)
  await using server = await startImageServer(of)
  using world = createAgentWorld(server.url, [], { files: tree.files })
  const chosen = sampleDisk()
  const twins = await findTwinDisks(
    world,
    {
      plan: planWrite(of.manifest, chosen),
      packUrl: new URL(server.url + server.packPath),
      chosen,
    },
    createTaskContext(),
  )
  return { twins, requests: server.rangeRequests.length }
}

describe('findTwinDisks', () => {
  test('names another disk with the table of the image (B22)', async () => {
    const { twins } = await twinsOf(image.raw)
    expect(twins.map(({ path, serial }) => ({ path, serial }))).toEqual([
      { path: '/dev/vdb', serial: 'OTHER' },
    ])
  })

  test('does not name a disk with another table, and asks for nothing where no other disk has one (B22)', async () => {
    const other = Buffer.from(image.raw)
    const gptGuidAt = 512 + 56
    other.writeUInt8((other[gptGuidAt] ?? 0) ^ 0xff, gptGuidAt)
    expect((await twinsOf(other)).twins).toEqual([])
    expect(await twinsOf(Buffer.alloc(4096))).toEqual({ twins: [], requests: 0 })
  })

  test('takes an image without a table as one without a twin (B22)', async () => {
    const plain = createSignedImage(Buffer.alloc(2 * 1024 * 1024, 1))
    expect((await twinsOf(image.raw, plain)).twins).toEqual([])
  })
})
