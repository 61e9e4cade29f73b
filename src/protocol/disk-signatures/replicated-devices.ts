import { type DeviceBytes, unsigned } from './device-bytes.ts'
import { type DiskSignature, signature } from './disk-signature.ts'

const drbdMagics = [0x8374_026b, 0x8374_026c, 0x8374_026d]

/** DRBD keeps its metadata in the last 4 KiB, magic at 60, big-endian. */
export function probeReplicated(device: DeviceBytes): DiskSignature[] {
  const block = device.at(Math.floor(device.sizeBytes / 4096) * 4096 - 4096, 64)
  const magic = block === undefined ? 0 : unsigned(block, 60, 4, 'big')
  return drbdMagics.includes(magic) ? [signature('drbd', { sharedBy: 'a DRBD peer' })] : []
}
