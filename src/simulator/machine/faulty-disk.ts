import { setTimeout as sleep } from 'node:timers/promises'

import type { DiskMedium } from '../../agent/block-writer/disk-medium.ts'
import { DiskIoError } from '../../agent/block-writer/errors.ts'
import { MEBIBYTE } from '../../base/byte-size.ts'
import type { MachineFault } from './machine-fault.ts'

/** Behind what the writer clears first, so that the image's own bytes are struck. */
const faultyFrom = 2 * MEBIBYTE
const slowMsPerMebibyte = 100

/**
 * The disk with its fault. All of it is done in the caller's thread: a thousand machines are not to have
 * a thousand threads.
 *
 * @param powerCut called once in the middle of the first write; the write then never ends
 */
export function faultyDisk(
  medium: DiskMedium,
  fault: MachineFault,
  powerCut: () => void,
): DiskMedium {
  const intact: DiskMedium = {
    write: (bytes, offset) => medium.write(bytes, offset),
    read: (bytes, offset) => medium.read(bytes, offset),
    flush: () => medium.flush(),
  }
  switch (fault) {
    case 'bad-disk':
      return { ...intact, write: failingWrite(medium) }
    case 'forgetful-disk':
      return { ...intact, write: forgetfulWrite(medium) }
    case 'power-cut':
      return { ...intact, write: interruptedWrite(medium, powerCut) }
    case 'slow-disk':
      return {
        ...intact,
        write: async (bytes, offset) => {
          await sleep((bytes.length / MEBIBYTE) * slowMsPerMebibyte)
          await medium.write(bytes, offset)
        },
      }
    default:
      return intact
  }
}

function failingWrite(medium: DiskMedium): DiskMedium['write'] {
  return async (bytes, offset) => {
    if (offset >= faultyFrom) throw new DiskIoError('write', offset, 'EIO: i/o error, write')
    await medium.write(bytes, offset)
  }
}

function forgetfulWrite(medium: DiskMedium): DiskMedium['write'] {
  let hasForgotten = false
  return async (bytes, offset) => {
    if (offset >= faultyFrom && !hasForgotten) {
      hasForgotten = true
      return
    }
    await medium.write(bytes, offset)
  }
}

function interruptedWrite(medium: DiskMedium, powerCut: () => void): DiskMedium['write'] {
  return async (bytes, offset) => {
    if (offset < faultyFrom) return medium.write(bytes, offset)
    // What was under way is half written.
    await medium.write(bytes.subarray(0, bytes.length / 2), offset)
    powerCut()
    return new Promise(() => undefined)
  }
}
