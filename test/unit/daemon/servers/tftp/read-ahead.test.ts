import { randomBytes } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import { memoryBootFile } from '../../../../../src/daemon/servers/boot-files/memory-boot-file.ts'
import { ReadAhead } from '../../../../../src/daemon/servers/tftp/read-ahead.ts'
import { SharedPieces } from '../../../../../src/daemon/servers/tftp/shared-pieces.ts'

const bytes = randomBytes(1000)
const contentType = 'application/octet-stream'

/** A file that notes where it was read. */
function notedFile(etag?: string) {
  const reads: number[] = []
  const file = memoryBootFile(bytes, { contentType, ...(etag === undefined ? {} : { etag }) })
  const read = async (offset: number, length: number) => {
    reads.push(offset)
    return file.read(offset, length)
  }
  return { reads, file: { ...file, read } }
}

async function readWhole(reader: ReadAhead, stepBytes: number): Promise<Buffer> {
  const whole = Buffer.alloc(bytes.length)
  for (let offset = 0; offset < bytes.length; offset += stepBytes) {
    const length = Math.min(stepBytes, bytes.length - offset)
    await reader.prepare(offset, length)
    reader.copy(offset, length, whole, offset)
  }
  return whole
}

describe(ReadAhead, () => {
  test('a piece that is not prepared is not copied', () => {
    const reader = new ReadAhead(notedFile().file)
    expect(() => reader.copy(0, 1, Buffer.alloc(1), 0)).toThrow(RangeError)
  })

  test('a read that fails rejects, and is tried again when it is asked for again', async () => {
    let fails = true
    const { file } = notedFile('"x"')
    const read = async (offset: number, length: number) => {
      if (fails) throw new Error('EIO')
      return file.read(offset, length)
    }
    const reader = new ReadAhead({ ...file, read }, { shared: new SharedPieces(), path: 'x' })
    await expect(reader.prepare(0, 100)).rejects.toThrow('EIO')
    fails = false
    await reader.prepare(0, 100)
    const copied = Buffer.alloc(100)
    reader.copy(0, 100, copied, 0)
    expect(copied).toEqual(bytes.subarray(0, 100))
  })

  test.each([1, 7, 128, 300])('gives the file in steps of %i bytes', async (stepBytes) => {
    const { file } = notedFile()
    expect(await readWhole(new ReadAhead(file, { pieceBytes: 128 }), stepBytes)).toEqual(bytes)
  })

  test('files with one tag are read once for all transfers', async () => {
    const shared = new SharedPieces()
    const [one, other] = [notedFile('"x"'), notedFile('"x"')]
    const options = { shared, path: 'x', pieceBytes: 256 }
    const readers = [one, other].map(({ file }) => new ReadAhead(file, options))
    const wholes = await Promise.all(readers.map((reader) => readWhole(reader, 100)))
    expect(wholes).toEqual([bytes, bytes])
    expect([...one.reads, ...other.reads].toSorted((a, b) => a - b)).toEqual([0, 256, 512, 768])
  })

  test('files without a tag, or with another one, are read each', async () => {
    const shared = new SharedPieces()
    for (const etag of [undefined, undefined, '"x"', '"y"']) {
      const { file, reads } = notedFile(etag)
      await readWhole(new ReadAhead(file, { shared, path: 'x', pieceBytes: 500 }), 500)
      expect(reads).toEqual([0, 500])
    }
  })
})
