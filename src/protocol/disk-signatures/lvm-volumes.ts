import { latin1Text } from '../../base/ascii.ts'
import { type DeviceBytes, unsigned } from './device-bytes.ts'
import { type DiskSignature, labelOf, signature } from './disk-signature.ts'

const labelSectors = 4
const sectorBytes = 512
const metadataMagic = ' LVM2 x[5A%r0N*>'
/** Larger metadata is cut; what is looked for stands near its start. */
const metadataLimitBytes = 256 * 1024

/** A physical volume: its label in one of the first four sectors, its group in the metadata that it leads to. */
export function probeLvm(device: DeviceBytes): DiskSignature[] {
  for (let sector = 0; sector < labelSectors; sector++) {
    const label = device.at(sector * sectorBytes, sectorBytes)
    if (label === undefined || latin1Text(label.subarray(0, 8)) !== 'LABELONE') continue
    if (latin1Text(label.subarray(24, 32)) !== 'LVM2 001') continue
    const header = label.subarray(unsigned(label, 20, 4))
    return [describeVolume(labelOf(header.subarray(0, 32)), readMetadata(device, header))]
  }
  return []
}

function describeVolume(uuid: string | undefined, metadata: string | undefined): DiskSignature {
  const group = metadata === undefined ? undefined : readGroup(metadata)
  if (group === undefined) return signature('LVM2_member', { uuid })
  const { name, id, members, sharedBy } = group
  const set = members > 1 ? { id: `lvm ${id}`, name, members } : undefined
  return signature('LVM2_member', { label: name, uuid, set, sharedBy })
}

/** The text that the first metadata area points to; pairs of data areas and then of metadata areas end with zeros. */
function readMetadata(device: DeviceBytes, header: Uint8Array): string | undefined {
  let place = 40
  while (place + 16 <= header.length && unsigned(header, place, 6) !== 0) place += 16
  const areaOffset = unsigned(header, place + 16, 6)
  const area = device.at(areaOffset, sectorBytes)
  if (area === undefined || latin1Text(area.subarray(4, 20)) !== metadataMagic) return undefined
  const textOffset = areaOffset + unsigned(area, 40, 6)
  const textBytes = Math.min(unsigned(area, 48, 6), metadataLimitBytes)
  const text = textBytes === 0 ? undefined : device.at(textOffset, textBytes)
  return text === undefined ? undefined : latin1Text(text)
}

interface VolumeGroup {
  readonly name: string
  readonly id: string
  readonly members: number
  readonly sharedBy: string | undefined
}

function readGroup(metadata: string): VolumeGroup | undefined {
  const name = /^\s*([\w.+-]{1,127}) \{/.exec(metadata)?.[1]
  const id = /\bid = "([\w-]{1,64})"/.exec(metadata)?.[1]
  if (name === undefined || id === undefined) return undefined
  // A logical volume may be called `pv0`, too.
  const [beforeVolumes = ''] = metadata.split('logical_volumes {')
  const members = beforeVolumes.match(/\bpv\d+ \{/g)?.length ?? 0
  return { name, id, members, sharedBy: sharerOf(name, metadata) }
}

function sharerOf(name: string, metadata: string): string | undefined {
  if (/\block_type = "(?:sanlock|dlm|idm)"|"CLUSTERED"/.test(metadata))
    return 'a shared volume group'
  return name.startsWith('ceph-') ? 'a Ceph cluster' : undefined
}
