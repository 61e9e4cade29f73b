import { setTimeout as sleep } from 'node:timers/promises'

import type { DiskMedium } from '../../agent/block-writer/disk-medium.ts'
import { DiskIoError } from '../../agent/block-writer/errors.ts'
import { MEBIBYTE } from '../../base/byte-size.ts'
import type { MachineFault } from './machine-fault.ts'

/** Behind what the writer holds back. */
const faultyFrom = 2 * MEBIBYTE
const slowMsPerMebibyte = 100

/** What a disk needs to know of its machine. */
export interface MachinePower {
  /** Aborted when this boot is over: nothing of it reaches the disk any more. */
  readonly signal: AbortSignal
  /** Cuts the power, and aborts the signal before it returns. */
  readonly cut: () => void
  /** Restarts it. Never resolves: nothing of this boot goes on. */
  readonly restart: () => Promise<never>
}

/**
 * The disk with its fault. All of it is done in the caller's thread: a thousand machines are not to have
 * a thousand threads.
 */
export function faultyDisk(
  medium: DiskMedium,
  fault: MachineFault,
  power: MachinePower,
): DiskMedium {
  const intact: DiskMedium = {
    write: async (bytes, offset) => {
      power.signal.throwIfAborted()
      await medium.write(bytes, offset)
    },
    read: async (bytes, offset) => {
      power.signal.throwIfAborted()
      await medium.read(bytes, offset)
    },
    flush: () => medium.flush(),
  }
  const write = faultyWrites[fault]
  return write === undefined ? intact : { ...intact, write: write(intact, power) }
}

type FaultyWrite = (intact: DiskMedium, power: MachinePower) => DiskMedium['write']

const faultyWrites: Readonly<Partial<Record<MachineFault, FaultyWrite>>> = {
  'bad-disk': failingWrite,
  'boots-in-a-loop': restartingWrite,
  'forgetful-disk': forgetfulWrite,
  'power-cut': interruptedWrite,
  'slow-disk': slowWrite,
}

/** The image's own bytes, and not what is cleared around them. */
function isStruck(bytes: Uint8Array, offset: number): boolean {
  return offset >= faultyFrom && bytes.subarray(0, 4096).some((byte) => byte !== 0)
}

function failingWrite(medium: DiskMedium): DiskMedium['write'] {
  return async (bytes, offset) => {
    if (isStruck(bytes, offset)) throw new DiskIoError('write', offset, 'EIO: i/o error, write')
    await medium.write(bytes, offset)
  }
}

function forgetfulWrite(medium: DiskMedium): DiskMedium['write'] {
  let hasForgotten = false
  return async (bytes, offset) => {
    if (!hasForgotten && isStruck(bytes, offset)) {
      hasForgotten = true
      return
    }
    await medium.write(bytes, offset)
  }
}

function interruptedWrite(medium: DiskMedium, power: MachinePower): DiskMedium['write'] {
  return async (bytes, offset) => {
    if (isStruck(bytes, offset)) {
      // What was under way is half written.
      await medium.write(bytes.subarray(0, bytes.length / 2), offset)
      power.cut()
    }
    await medium.write(bytes, offset)
  }
}

/** Before anything is written, so that however fast the machine is, it gets no further. */
function restartingWrite(_medium: DiskMedium, power: MachinePower): DiskMedium['write'] {
  return () => power.restart()
}

function slowWrite(medium: DiskMedium): DiskMedium['write'] {
  return async (bytes, offset) => {
    await sleep((bytes.length / MEBIBYTE) * slowMsPerMebibyte)
    await medium.write(bytes, offset)
  }
}
