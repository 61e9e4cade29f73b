import { CodedError, messageOf } from '../../base/coded-error.ts'
import { formatByteSize } from '../../base/byte-size.ts'

/** The manifest is not one that this agent may or can write. */
export class ManifestRefusedError extends CodedError {
  readonly code = 'ERR_MANIFEST_REFUSED'

  constructor(reason: string, remedy = 'import the image again') {
    super(`the image's manifest is refused: ${reason}`, { remedy })
  }
}

/** Refused before anything is written. */
export class ImageTooLargeError extends CodedError {
  readonly code = 'ERR_IMAGE_TOO_LARGE'
  readonly imageBytes: number
  readonly diskBytes: number

  constructor(imageBytes: number, diskBytes: number) {
    const sizes = `${formatByteSize(imageBytes)} (${imageBytes} bytes), the disk has ${formatByteSize(diskBytes)} (${diskBytes} bytes)`
    super(`the image does not fit: it needs ${sizes}`, {
      remedy: 'choose a larger disk or a smaller image',
    })
    this.imageBytes = imageBytes
    this.diskBytes = diskBytes
  }
}

/** Refused before anything is written: its partition table would mean other places on this disk. */
export class SectorSizeMismatchError extends CodedError {
  readonly code = 'ERR_SECTOR_SIZE_MISMATCH'
  readonly imageSectorBytes: number
  readonly diskSectorBytes: number

  constructor(imageSectorBytes: number, diskSectorBytes: number) {
    super(
      `the image is made for ${imageSectorBytes}-byte sectors, the disk has ${diskSectorBytes}-byte sectors`,
      { remedy: `use an image built for ${diskSectorBytes}-byte sectors` },
    )
    this.imageSectorBytes = imageSectorBytes
    this.diskSectorBytes = diskSectorBytes
  }
}

/** The path leads to something that is no whole disk. */
export class NotADiskError extends CodedError {
  readonly code = 'ERR_NOT_A_DISK'
  readonly path: string

  constructor(path: string, reason: string) {
    super(`${path} is no disk: ${reason}`, { remedy: 'take the inventory again' })
    this.path = path
  }
}

/** What is open now is not the disk that was chosen. Nothing was written. */
export class DiskChangedError extends CodedError {
  readonly code = 'ERR_DISK_CHANGED'
  readonly path: string

  constructor(path: string, differences: readonly string[]) {
    super(`${path} is not the disk that was chosen: ${differences.join('; ')}`, {
      remedy: 'take the inventory again and choose anew',
    })
    this.path = path
  }
}

/** The kernel or something on top of it holds the disk. Nothing was written. */
export class DiskInUseError extends CodedError {
  readonly code = 'ERR_DISK_IN_USE'
  readonly path: string

  constructor(path: string, holders: readonly string[]) {
    super(`${path} is in use: ${holders.join(', ')}`, {
      remedy: 'nothing in sledgehammer may mount or assemble a local disk',
    })
    this.path = path
  }
}

export type DiskOperation = 'read' | 'write' | 'flush'

/** A read, write or flush of the disk failed. Never retried: the kernel reports a lost write only once. */
export class DiskIoError extends CodedError {
  readonly code = 'ERR_DISK_IO'
  readonly operation: DiskOperation
  readonly offset: number | undefined

  constructor(operation: DiskOperation, offset: number | undefined, cause: unknown) {
    const place = offset === undefined ? '' : ` at byte ${offset}`
    super(`${operation}${place} failed: ${messageOf(cause)}`, {
      cause,
      remedy: "look at the disk's health",
    })
    this.operation = operation
    this.offset = offset
  }
}

/** One chunk arrived wrong every time. What was refused was never written. */
export class ChunkRejectedError extends CodedError {
  readonly code = 'ERR_CHUNK_REJECTED'
  readonly chunkIndex: number
  readonly offset: number
  readonly tries: number
  readonly reason: string

  constructor(chunkIndex: number, offset: number, tries: number, reason: string) {
    super(
      `chunk ${chunkIndex} at byte ${offset} was refused ${tries} times: ${reason}; nothing of it was written`,
      { remedy: 'check the image store and the network path, then import the image again' },
    )
    this.chunkIndex = chunkIndex
    this.offset = offset
    this.tries = tries
    this.reason = reason
  }

  override shouldRetry(): boolean {
    return true
  }
}

/** The daemon could not be reached, or answered with something else than what was asked for. */
export class FetchFailedError extends CodedError {
  readonly code = 'ERR_FETCH_FAILED'
  readonly url: string
  readonly reason: string
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined

  constructor(url: string, reason: string, status?: number) {
    super(`${url}: ${reason}`, { remedy: 'check that the daemon runs and has the image' })
    this.url = url
    this.reason = reason
    this.status = status
  }

  override shouldRetry(): boolean {
    return true
  }
}

/** A thread of the writer ended in the middle of its work. What it had under way may be half written. */
export class WriterThreadError extends CodedError {
  readonly code = 'ERR_WRITER_THREAD'

  constructor(reason: string, cause?: unknown) {
    super(`a thread of the writer ended in the middle of its work: ${reason}`, {
      ...(cause === undefined ? {} : { cause }),
      remedy: 'look at the memory of the machine, then write again: only the rest is fetched',
    })
  }

  override shouldRetry(): boolean {
    return true
  }
}
