import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

import { inertText } from '../../base/ascii.ts'
import { MEBIBYTE } from '../../base/byte-size.ts'
import { messageOf } from '../../base/coded-error.ts'
import { type Digest, digestFromBytes } from '../../base/digest.ts'
import type { Disk, DiskContents, DiskSignature } from '../../contract/machine.ts'
import { probeDisk } from '../../protocol/disk-signatures/probe-disk.ts'
import type { KernelFiles } from './kernel-files.ts'

/** A disk that does not answer within this time is one whose content nobody knows. */
const patienceMs = 20_000
const mostSignatures = 64

/** The disks with what lies on each, read side by side; one that cannot be read says so. Never throws. */
export function withContents(files: KernelFiles, disks: readonly Disk[]): Promise<Disk[]> {
  return Promise.all(
    disks.map(async (disk) => ({ ...disk, contents: await contentsOf(files, disk) })),
  )
}

async function contentsOf(files: KernelFiles, disk: Disk): Promise<NonNullable<Disk['contents']>> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new Error(`no answer within ${patienceMs / 1000} s`))
  }, patienceMs)
  try {
    return await Promise.race([readContents(files.absolutePath(disk.path), disk), late.promise])
  } catch (error) {
    return { unreadable: inertText(messageOf(error), 500) }
  } finally {
    clearTimeout(timer)
  }
}

async function readContents(path: string, disk: Disk): Promise<DiskContents> {
  await using device = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  using memory = new DisposableStack()
  const { sizeBytes, logicalSectorBytes: sectorBytes } = disk
  const readFully = async (offset: number, length: number) => {
    const bytes = new Uint8Array(length)
    // Megabytes a partition, and nothing else in a writer makes garbage that would have them collected.
    memory.defer(() => void bytes.buffer.transfer(0))
    const { bytesRead } = await device.read(bytes, 0, length, offset)
    if (bytesRead === length) return bytes
    throw new RangeError(`only ${bytesRead} of ${length} bytes at ${offset}`)
  }
  const probed = await probeDisk({
    ...{ sizeBytes, sectorBytes },
    read: readFully,
  })
  return {
    partitionTable: probed.table,
    ...(probed.diskGuid === undefined ? {} : { diskGuid: probed.diskGuid }),
    fingerprint: fingerprintOf(await readFully(0, Math.min(MEBIBYTE, sizeBytes))),
    signatures: told(probed.signatures),
    partitions: probed.partitions.map(({ number, name, type, sizeBytes, signatures }) => ({
      ...{ number, type, sizeBytes, signatures: told(signatures) },
      ...(name === undefined || name === '' ? {} : { name: inertText(name, 128) }),
    })),
  }
}

/** Of the first MiB. */
export function fingerprintOf(start: Uint8Array): Digest {
  return digestFromBytes(createHash('sha256').update(start).digest())
}

function told(signatures: readonly DiskSignature[]): DiskSignature[] {
  return signatures.slice(0, mostSignatures)
}
