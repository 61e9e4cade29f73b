import { formatByteSize } from '../../../base/byte-size.ts'
import { CodedError } from '../../../base/coded-error.ts'
import type { Digest } from '../../../base/digest.ts'

/** No disk has such a size. */
export class ImageSizeError extends CodedError {
  readonly code = 'ERR_IMAGE_SIZE'
  readonly rawBytes: number

  constructor(rawBytes: number, why: string) {
    super(`an image of ${formatByteSize(rawBytes)} (${rawBytes} bytes) ${why}`)
    this.rawBytes = rawBytes
  }
}

/** A stored manifest or name pointer cannot be read any more. */
export class StoredImageDamagedError extends CodedError {
  readonly code = 'ERR_STORED_IMAGE_DAMAGED'
  readonly path: string

  constructor(path: string, cause: unknown) {
    super(`${path} is damaged`, { cause, remedy: 'remove the image and import it again' })
    this.path = path
  }
}

/** Stored bytes are no longer what was stored: the disk has rotted, or somebody has written to it. */
export class ChunkDamagedError extends CodedError {
  readonly code = 'ERR_CHUNK_DAMAGED'
  readonly storedDigest: Digest

  constructor(storedDigest: Digest) {
    super(`the stored chunk ${storedDigest} is damaged`, {
      remedy: 'import the image again: good chunks are kept, this one is stored anew',
    })
    this.storedDigest = storedDigest
  }
}

/** An image names a chunk that is not in the store. */
export class ChunkMissingError extends CodedError {
  readonly code = 'ERR_CHUNK_MISSING'
  readonly storedDigest: Digest

  constructor(storedDigest: Digest) {
    super(`the stored chunk ${storedDigest} is not there`, {
      remedy: 'import the image again',
    })
    this.storedDigest = storedDigest
  }
}

/** What is left on the file system belongs to the database, or the images have reached their quota. */
export class ImageSpaceError extends CodedError {
  readonly code = 'ERR_IMAGE_SPACE'
  readonly freeBytes: number

  constructor(freeBytes: number, why: string) {
    super(why, { remedy: 'repave image rm what is not needed, then repave image gc' })
    this.freeBytes = freeBytes
  }
}

/** An exported image is not whole, or not what its manifest says. */
export class ImageArchiveError extends CodedError {
  readonly code = 'ERR_IMAGE_ARCHIVE'

  constructor(reason: string, cause?: unknown) {
    super(`the exported image is refused: ${reason}`, { cause, remedy: 'export it again' })
  }
}

/** An exported image that nobody signed whom this daemon trusts. */
export class ImageUnsignedError extends CodedError {
  readonly code = 'ERR_IMAGE_UNSIGNED'
  readonly keyId: string

  constructor(keyId: string) {
    super(`the image is signed with key ${keyId}, which this daemon does not trust`, {
      remedy:
        'add the public key of the other daemon (repave key list there) to images.trustedKeys, or set images.allowUnsigned',
    })
    this.keyId = keyId
  }
}
