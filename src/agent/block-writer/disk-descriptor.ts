import { fsync, read, write } from 'node:fs'

import type { DiskMedium } from './disk-medium.ts'
import { DiskIoError } from './errors.ts'

/**
 * An open disk by its descriptor, which every thread of a process may use. Buffers, offsets and lengths
 * are multiples of the logical sector where it was opened with O_DIRECT.
 */
export class DiskDescriptor implements DiskMedium {
  readonly descriptor: number

  constructor(descriptor: number) {
    this.descriptor = descriptor
  }

  /** @throws {DiskIoError} also on a short count, which the kernel gives without an error at the end of a device */
  write(bytes: Uint8Array, offset: number): Promise<void> {
    return new Promise((resolve, reject) => {
      write(this.descriptor, bytes, 0, bytes.length, offset, (error, count) => {
        const failure = error ?? shortCount(count, bytes.length)
        if (failure === undefined) resolve()
        else reject(new DiskIoError('write', offset, failure))
      })
    })
  }

  /** Fills `bytes`. @throws {DiskIoError} also on a short count */
  read(bytes: Uint8Array, offset: number): Promise<void> {
    return new Promise((resolve, reject) => {
      read(this.descriptor, bytes, 0, bytes.length, offset, (error, count) => {
        const failure = error ?? shortCount(count, bytes.length)
        if (failure === undefined) resolve()
        else reject(new DiskIoError('read', offset, failure))
      })
    })
  }

  /** @throws {DiskIoError} */
  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      fsync(this.descriptor, (error) => {
        if (error === null) resolve()
        else reject(new DiskIoError('flush', undefined, error))
      })
    })
  }
}

function shortCount(count: number, expected: number): RangeError | undefined {
  return count === expected ? undefined : new RangeError(`only ${count} of ${expected} bytes`)
}
