import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import type { NewEvent } from '../../../src/contract/event.ts'
import type { Machine } from '../../../src/contract/machine.ts'
import type { Run } from '../../../src/contract/run.ts'
import { StoredImageDesk } from '../../../src/daemon/domain/image/stored-image-desk.ts'
import { openImageStore } from '../../../src/daemon/store/blobs/image-store.ts'
import { loadSigningKey } from '../../../src/daemon/store/blobs/signing-key.ts'
import { ManualTime } from '../../fakes/manual-time.ts'
import { inParts } from '../../fakes/read-import.ts'
import { rawSource } from '../../fakes/raw-source.ts'
import { sampleMachine, sampleRun } from '../../fakes/sample-fleet.ts'

const hourMs = 3_600_000

let directory: string
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'repave-image-in-use-'))))
afterEach(() => rm(directory, { recursive: true }))

/** A store with the desk in front of it, and a clock that stands still. */
async function startDesk({
  runs = [],
  machines = [],
}: { runs?: Run[]; machines?: Machine[] } = {}) {
  const time = new ManualTime()
  const signingKey = await loadSigningKey(join(directory, 'key.pem'))
  const store = await openImageStore({
    directory: join(directory, 'images'),
    signingKey,
    clock: time,
  })
  const events: NewEvent[] = []
  const desk = new StoredImageDesk({
    ...{ store, clock: time, events: { record: (event) => void events.push(event) } },
    runs: { listUnfinished: async () => runs },
    machines: { listMachines: async () => machines },
  })
  const importBytes = (bytes: Uint8Array, signal?: AbortSignal) =>
    desk.importImage({
      ...{ name: 'debian', version: '1', source: rawSource(inParts(bytes, MEBIBYTE)) },
      ...(signal === undefined ? {} : { signal }),
    })
  return { time, store, desk, events, runs, machines, importBytes }
}

describe(StoredImageDesk, () => {
  it('I11 keeps an image that is removed while it is deployed, until the run has ended', async () => {
    const { time, store, desk, runs, importBytes } = await startDesk()
    const { image } = await importBytes(randomBytes(2 * MEBIBYTE))
    const underWay = { ...sampleRun(1), imageDigest: image.digest, state: 'running' as const }
    runs.push(underWay)
    await desk.remove('debian', 'operator:local')
    expect(await desk.listImages()).toEqual([])
    time.advance(hourMs)
    expect(await desk.collect(false, 'daemon')).toMatchObject({ removedImages: [], freedBytes: 0 })
    const pack = await store.openPack(image.digest)
    expect(pack?.sizeBytes).toBe(image.packBytes)
    time.advance(hourMs)
    runs.pop()
    const collected = await desk.collect(false, 'daemon')
    expect(collected).toMatchObject({ freedBytes: image.packBytes, storedBytes: 0 })
    expect(await store.openPack(image.digest)).toBeUndefined()
  })

  it('tells which machines hold a version, however long ago they were deployed', async () => {
    const { desk, machines, importBytes } = await startDesk()
    const { image } = await importBytes(randomBytes(MEBIBYTE))
    machines.push(sampleMachine(1, { imageName: 'debian', imageDigest: image.digest }))
    machines.push(sampleMachine(2))
    expect(await desk.history('debian')).toMatchObject([{ deployedOn: ['node-1'] }])
  })

  it('I11 removes nothing that an import under way counts on', async () => {
    const { time, desk, importBytes } = await startDesk()
    const bytes = randomBytes(2 * MEBIBYTE)
    await importBytes(bytes)
    await desk.remove('debian', 'operator:local')
    time.advance(hourMs)
    const { promise: held, resolve: goOn } = Promise.withResolvers<void>()
    const { promise: isHeld, resolve: reached } = Promise.withResolvers<void>()
    async function* slowly() {
      yield bytes
      yield Buffer.alloc(2 * MEBIBYTE, 1)
      yield Buffer.alloc(MEBIBYTE, 2)
      reached()
      await held
    }
    const importing = desk.importImage({ name: 'other', version: '1', source: rawSource(slowly()) })
    await isHeld
    await desk.collect(false, 'daemon')
    goOn()
    const { image } = await importing
    expect(await desk.scrub(image, 'daemon')).toMatchObject({ damagedChunks: 0, quarantined: [] })
  })

  it('I09 tells of an import that did not come, and why', async () => {
    const { desk, events, importBytes } = await startDesk()
    await expect(importBytes(randomBytes(1000))).rejects.toMatchObject({ code: 'ERR_IMAGE_SIZE' })
    const given = new AbortController()
    given.abort()
    await expect(importBytes(randomBytes(512), given.signal)).rejects.toThrow()
    expect(events).toMatchObject([
      { action: 'import-failed', key: 'debian', body: { code: 'ERR_IMAGE_SIZE' } },
      { action: 'import-failed', key: 'debian', body: { reason: 'interrupted' } },
    ])
    expect(await desk.listImages()).toEqual([])
    expect(await readdir(join(directory, 'images', 'incoming'))).toEqual([])
  })
})
