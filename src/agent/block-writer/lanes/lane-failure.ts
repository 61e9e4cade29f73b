import { messageOf } from '../../../base/coded-error.ts'
import { ReadBackMismatchError } from '../../../stream/verified.ts'
import {
  ChunkRejectedError,
  DiskIoError,
  type DiskOperation,
  FetchFailedError,
  WriterThreadError,
} from '../errors.ts'

/** What a lane threw, in a form that goes from thread to thread with its facts. */
export type LaneFailure =
  | { kind: 'disk'; operation: DiskOperation; offset: number | undefined; reason: string }
  | { kind: 'chunk'; chunkIndex: number; offset: number; tries: number; reason: string }
  | { kind: 'fetch'; url: string; reason: string; status: number | undefined }
  | { kind: 'mismatch'; chunkIndex: number; offset: number }
  | { kind: 'unforeseen'; reason: string }

export function packFailure(error: unknown): LaneFailure {
  if (error instanceof DiskIoError) {
    const { operation, offset, cause } = error
    return { kind: 'disk', operation, offset, reason: messageOf(cause) }
  }
  if (error instanceof ChunkRejectedError) {
    const { chunkIndex, offset, tries, reason } = error
    return { kind: 'chunk', chunkIndex, offset, tries, reason }
  }
  if (error instanceof FetchFailedError) {
    const { url, reason, status } = error
    return { kind: 'fetch', url, reason, status }
  }
  if (error instanceof ReadBackMismatchError) {
    const { chunkIndex, offset } = error
    return { kind: 'mismatch', chunkIndex, offset }
  }
  return { kind: 'unforeseen', reason: messageOf(error) }
}

export function unpackFailure(failure: LaneFailure): Error {
  switch (failure.kind) {
    case 'disk':
      return new DiskIoError(failure.operation, failure.offset, failure.reason)
    case 'chunk': {
      const { chunkIndex, offset, tries, reason } = failure
      return new ChunkRejectedError(chunkIndex, offset, tries, reason)
    }
    case 'fetch':
      return new FetchFailedError(failure.url, failure.reason, failure.status)
    case 'mismatch':
      return new ReadBackMismatchError(failure.chunkIndex, failure.offset)
    case 'unforeseen':
      break
  }
  return new WriterThreadError(failure.reason)
}
