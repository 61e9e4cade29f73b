import { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'

import { TarRefusedError } from '../../protocol/tar/tar-refused-error.ts'

const magics = {
  gzip: [0x1f, 0x8b],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
  xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  bzip2: [0x42, 0x5a, 0x68],
} as const

/** The bytes within gzip or zstd, told by content; anything else as it is. */
export async function* decompressed(source: Readable): AsyncGenerator<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const first = await pieces.next()
  if (first.done === true) return
  const kind = Object.entries(magics).find(([, magic]) =>
    magic.every((byte, index) => first.value[index] === byte),
  )?.[0]
  if (kind === 'xz' || kind === 'bzip2') {
    throw new TarRefusedError('byte 0', `it is packed with ${kind}; unpack that first`)
  }
  const rest = afterFirst(first.value, pieces)
  if (kind === undefined) {
    yield* rest
    return
  }
  const decoder = kind === 'gzip' ? createGunzip() : createZstdDecompress()
  const feeding = Readable.from(rest)
    .on('error', (error) => decoder.destroy(error))
    .pipe(decoder)
  try {
    for await (const part of feeding) yield part as Uint8Array
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    throw new TarRefusedError('its end', `the ${kind} around it is broken: ${reason}`)
  }
}

async function* afterFirst(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first
  for (;;) {
    const next = await rest.next()
    if (next.done === true) return
    yield next.value
  }
}
