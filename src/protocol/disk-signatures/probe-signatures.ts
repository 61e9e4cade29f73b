import type { DeviceBytes } from './device-bytes.ts'
import type { DiskSignature } from './disk-signature.ts'
import { probeFilesystems } from './filesystems.ts'
import { probeLvm } from './lvm-volumes.ts'
import { probeMagicNumbers } from './magic-numbers.ts'
import { probeArrays } from './md-arrays.ts'
import { probeReplicated } from './replicated-devices.ts'
import { probeZfs } from './zfs-labels.ts'

const probes = [
  probeMagicNumbers,
  probeFilesystems,
  probeLvm,
  probeArrays,
  probeZfs,
  probeReplicated,
]

/**
 * Everything that a disk or a partition says it is. A total function: any bytes give a list. What was
 * overwritten half-way may show two kinds; both are told, since either may be the one that matters.
 */
export function probeSignatures(device: DeviceBytes): DiskSignature[] {
  return probes.flatMap((probe) => probe(device))
}
