import { describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../../../../src/base/byte-size.ts'
import type { Digest } from '../../../../../src/base/digest.ts'
import { ChunkCache } from '../../../../../src/daemon/store/blobs/chunk-cache.ts'
import { digestOf } from '../../../../../src/daemon/store/blobs/encode-chunk.ts'

const digests = Array.from({ length: 9 }, (_, index) => digestOf(Buffer.of(index)))
const digestAt = (index: number) => digests[index] as Digest

/** Room for four chunks of 1 MiB; the first byte of each says which one it is. */
function createCache(load?: () => Promise<void>) {
  const loaded: number[] = []
  const cache = new ChunkCache(4 * MEBIBYTE, async (digest, into) => {
    loaded.push(digests.indexOf(digest))
    await load?.()
    into[0] = digests.indexOf(digest)
  })
  const hold = async (index: number) => cache.hold(digestAt(index), MEBIBYTE)
  return { cache, loaded, hold }
}

describe(ChunkCache, () => {
  it('fails for all who wait when a chunk cannot be loaded, and tries again for the next', async () => {
    let isBroken = true
    const { hold, loaded } = createCache(async () => {
      if (isBroken) throw new Error('rotten')
    })
    await expect(Promise.all([hold(1), hold(1)])).rejects.toThrow('rotten')
    isBroken = false
    expect((await hold(1))?.bytes[0]).toBe(1)
    expect(loaded).toEqual([1, 1])
  })

  it('has no more memory than it may, while everything is being sent', async () => {
    const { hold } = createCache()
    const held = await Promise.all([hold(0), hold(1), hold(2), hold(3)])
    expect(await hold(4)).toBeUndefined()
    held[2]?.release()
    expect((await hold(4))?.bytes[0]).toBe(4)
    expect(held[0]?.bytes[0]).toBe(0)
  })

  it('loads once what many want at once', async () => {
    const { hold, loaded } = createCache()
    await Promise.all([hold(5), hold(5), hold(5)])
    expect(loaded).toEqual([5])
  })

  it('gives up first what was wanted longest ago', async () => {
    const { hold, loaded } = createCache()
    for (const index of [0, 1, 2, 3, 0, 4]) (await hold(index))?.release()
    loaded.length = 0
    for (const index of [0, 1]) (await hold(index))?.release()
    expect(loaded).toEqual([1])
  })

  it('loads ahead for one, and not in a crowd', async () => {
    const { cache, hold, loaded } = createCache()
    await hold(0)
    cache.prepare(digestAt(1), MEBIBYTE)
    await hold(1)
    cache.prepare(digestAt(2), MEBIBYTE)
    expect(loaded).toEqual([0, 1])
  })
})
