import { type DeviceBytes, unsigned } from './device-bytes.ts'
import { type DiskSignature, labelOf, signature, uuidOf } from './disk-signature.ts'
import { asciiBytes, latin1Text } from '../../base/ascii.ts'

const mdMagic = 0xa92b_4efc

/** Members of Linux software arrays, and of the firmware's own kinds of array. */
export function probeArrays(device: DeviceBytes): DiskSignature[] {
  const { sizeBytes } = device
  const versionOne = [0, 4096, Math.floor((sizeBytes / 512 - 16) / 8) * 8 * 512]
  const found = versionOne.flatMap((offset) => probeVersionOne(device, offset) ?? [])
  const old = probeVersionZero(device, Math.floor(sizeBytes / 65_536) * 65_536 - 65_536)
  return [...found.slice(0, 1), ...(old ?? []), ...probeFirmwareArrays(device)]
}

/** Superblock 1.x: little-endian, set UUID at 16, name at 32, number of active members at 92. */
function probeVersionOne(device: DeviceBytes, offset: number): DiskSignature | undefined {
  const block = device.at(offset, 256)
  if (block === undefined || unsigned(block, 0, 4) !== mdMagic) return undefined
  if (unsigned(block, 4, 4) !== 1) return undefined
  const uuid = uuidOf(block.subarray(16, 32))
  const name = labelOf(block.subarray(32, 64))
  return member(uuid, name, unsigned(block, 92, 4))
}

/** Superblock 0.90: in the byte order of the machine that made it, the UUID's words at 20 and 52. */
function probeVersionZero(device: DeviceBytes, offset: number): DiskSignature[] | undefined {
  const block = device.at(offset, 4096)
  if (block === undefined) return undefined
  const order = (['little', 'big'] as const).find(
    (candidate) => unsigned(block, 0, 4, candidate) === mdMagic,
  )
  if (order === undefined || unsigned(block, 4, 4, order) !== 0) return undefined
  const bytes = [20, 52, 56, 60].flatMap((place) => {
    const word = [...block.subarray(place, place + 4)]
    return order === 'little' ? word.toReversed() : word
  })
  return [member(uuidOf(Uint8Array.from(bytes)), undefined, unsigned(block, 40, 4, order))]
}

function member(uuid: string | undefined, name: string | undefined, members: number) {
  const set = { id: `md ${uuid ?? ''}`, members, ...(name === undefined ? {} : { name }) }
  return signature('linux_raid_member', { label: name, uuid, set: members > 1 ? set : undefined })
}

const intelMark = asciiBytes('Intel Raid ISM Cfg Sig. ')
const ddfMark = '\xde\x11\xde\x11'

function probeFirmwareArrays(device: DeviceBytes): DiskSignature[] {
  const intel = device.at(device.sizeBytes - 1024, intelMark.length)
  const ddf = device.at(device.sizeBytes - 512, ddfMark.length)
  return [
    ...(intel !== undefined && latin1Text(intel) === latin1Text(intelMark)
      ? [signature('isw_raid_member')]
      : []),
    ...(ddf !== undefined && latin1Text(ddf) === ddfMark ? [signature('ddf_raid_member')] : []),
  ]
}
