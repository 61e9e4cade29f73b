import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ChunkStore } from '../../../../../src/daemon/store/blobs/chunk-store.ts'
import { digestOf } from '../../../../../src/daemon/store/blobs/encode-chunk.ts'
import type { PackedChunk } from '../../../../../src/daemon/store/blobs/pack-index.ts'

const chunkBytes = 4096
let folder: string
let drafts: string
let store: ChunkStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repave-chunks-'))
  drafts = await mkdtemp(join(tmpdir(), 'repave-drafts-'))
  store = await ChunkStore.open(folder)
})
afterEach(async () => {
  await rm(folder, { recursive: true })
  await rm(drafts, { recursive: true })
})

/** One pack of chunks of noise. */
async function addPack(count: number): Promise<PackedChunk[]> {
  const bytes = randomBytes(count * chunkBytes)
  const chunks = Array.from({ length: count }, (_, index): PackedChunk => {
    const offset = index * chunkBytes
    const digest = digestOf(bytes.subarray(offset, offset + chunkBytes))
    return { kind: 'raw', offset, storedBytes: chunkBytes, rawDigest: digest, storedDigest: digest }
  })
  const draft = join(drafts, 'draft')
  await writeFile(draft, bytes)
  await store.addPack(draft, chunks)
  return chunks
}
const digests = (chunks: readonly PackedChunk[]) => new Set(chunks.map((one) => one.storedDigest))
const isWhole = async ({ storedDigest }: PackedChunk) => {
  const place = store.find(storedDigest)
  return place !== undefined && (await store.readChecked(place)).length === chunkBytes
}

describe(ChunkStore, () => {
  it('I10 sweeps a pack whose index was never written, and a draft of an index', async () => {
    await addPack(1)
    await writeFile(join(folder, 'half.pack'), 'bytes')
    await writeFile(join(folder, 'half.json.new'), '{')
    store = await ChunkStore.open(folder)
    expect(await readdir(folder)).toHaveLength(2)
    expect([...store.places()]).toHaveLength(1)
  })

  it('I11 never collects a chunk that an import counts on, whenever it begins to', async () => {
    const [kept, other] = await addPack(2)
    if (kept === undefined || other === undefined) throw new Error('two chunks')
    const hold = store.hold()
    expect(hold.keepRaw(kept.rawDigest)).toBeDefined()
    await store.collect(new Set(), drafts)
    expect(await isWhole(kept)).toBe(true)
    expect(hold.keepRaw(other.rawDigest)).toBeUndefined()
    hold[Symbol.dispose]()
    await store.collect(new Set(), drafts)
    expect(store.find(kept.storedDigest)).toBeUndefined()
    expect(await readdir(folder)).toEqual([])
  })

  it('writes a pack anew when little in it is needed, and leaves one that mostly is', async () => {
    const sparse = await addPack(8)
    const dense = await addPack(8)
    const live = new Set([...digests(sparse.slice(0, 2)), ...digests(dense.slice(0, 7))])
    expect(await store.collect(live, drafts)).toBe(6 * chunkBytes)
    expect(store.storedBytes()).toBe(10 * chunkBytes)
    for (const chunk of [...sparse.slice(0, 2), ...dense]) expect(await isWhole(chunk)).toBe(true)
    store = await ChunkStore.open(folder)
    for (const chunk of [...sparse.slice(0, 2), ...dense]) expect(await isWhole(chunk)).toBe(true)
    const gone = [...digests(sparse.slice(2))].filter((digest) => store.find(digest) !== undefined)
    expect(gone).toEqual([])
  })

  it('goes on reading while a collection moves the chunks', async () => {
    const chunks = await addPack(8)
    const live = digests(chunks.slice(0, 2))
    const reading = Array.from({ length: 50 }, () => Promise.all(chunks.slice(0, 2).map(isWhole)))
    await store.collect(live, drafts)
    expect((await Promise.all(reading)).flat()).not.toContain(false)
  })

  it('I14 forgets a damaged chunk for good', async () => {
    const [rotten, good] = await addPack(2)
    if (rotten === undefined || good === undefined) throw new Error('two chunks')
    await store.forget(rotten.storedDigest)
    store = await ChunkStore.open(folder)
    expect(store.find(rotten.storedDigest)).toBeUndefined()
    expect(await isWhole(good)).toBe(true)
  })
})
