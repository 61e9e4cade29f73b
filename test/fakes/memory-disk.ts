import type { DiskMedium } from '../../src/agent/block-writer/disk-medium.ts'
import { DiskIoError } from '../../src/agent/block-writer/errors.ts'

/** What a bad disk does. Each is asked before the operation; a throw is what the kernel would report. */
export interface DiskFaults {
  onWrite?: (offset: number, length: number) => 'drop' | void
  onRead?: (offset: number, length: number) => void
  onFlush?: (flushNumber: number) => void
}

/** A disk in memory that works, and fails in the ways it is told to. */
export class MemoryDisk implements DiskMedium {
  readonly bytes: Buffer
  readonly faults: DiskFaults
  flushes = 0
  readonly writes: { offset: number; length: number }[] = []

  constructor(sizeBytes: number, faults: DiskFaults = {}) {
    this.bytes = Buffer.alloc(sizeBytes, 0xaa)
    this.faults = faults
  }

  async write(bytes: Uint8Array, offset: number): Promise<void> {
    const verdict = this.faults.onWrite?.(offset, bytes.length)
    this.writes.push({ offset, length: bytes.length })
    if (verdict !== 'drop') this.bytes.set(bytes, offset)
    await Promise.resolve()
  }

  async read(bytes: Uint8Array, offset: number): Promise<void> {
    this.faults.onRead?.(offset, bytes.length)
    bytes.set(this.bytes.subarray(offset, offset + bytes.length))
    await Promise.resolve()
  }

  async flush(): Promise<void> {
    this.flushes++
    this.faults.onFlush?.(this.flushes)
    await Promise.resolve()
  }
}

export function ioError(operation: 'read' | 'write' | 'flush', offset?: number): DiskIoError {
  return new DiskIoError(operation, offset, new Error('EIO: i/o error'))
}
