import { latin1Text } from '../../base/ascii.ts'
import { toHex } from '../../base/hex.ts'
import { type DeviceBytes, unsigned } from './device-bytes.ts'
import { type DiskSignature, labelOf, signature } from './disk-signature.ts'

const labelBytes = 256 * 1024
const pairsOffset = 16 * 1024
const pairsBytes = 112 * 1024
const uberblocksOffset = 128 * 1024
const uberblockStepBytes = 1024
const uberblockMagic = 0x00ba_b10c

/** A member of a ZFS pool: two labels at the start and two at the end, each with a ring of uberblocks. */
export function probeZfs(device: DeviceBytes): DiskSignature[] {
  const end = Math.floor(device.sizeBytes / labelBytes) * labelBytes
  const labels = [0, labelBytes, end - 2 * labelBytes, end - labelBytes]
  const found = labels.find((offset) => holdsUberblock(device, offset))
  if (found === undefined) return []
  const pairs = device.at(found + pairsOffset, pairsBytes)
  const { name, poolGuid } = pairs === undefined ? {} : readPairs(pairs)
  return [signature('zfs_member', { label: name, uuid: poolGuid, sharedBy: 'a ZFS pool' })]
}

function holdsUberblock(device: DeviceBytes, label: number): boolean {
  const ring = device.at(label + uberblocksOffset, labelBytes - uberblocksOffset)
  if (ring === undefined) return false
  for (let place = 0; place < ring.length; place += uberblockStepBytes) {
    const isMagic = (order: 'little' | 'big') => unsigned(ring, place, 4, order) === uberblockMagic
    // The number is 8 bytes long: the other half of it is zero.
    if (isMagic('little') && unsigned(ring, place + 4, 4) === 0) return true
    if (unsigned(ring, place, 4) === 0 && unsigned(ring, place + 4, 4, 'big') === uberblockMagic) {
      return true
    }
  }
  return false
}

const uint64Type = 8
const stringType = 9

/** The top level of an XDR name-value list (RFC 4506): sizes, name, type, count, value, all big-endian. */
function readPairs(bytes: Uint8Array): { name?: string; poolGuid?: string } {
  const found: { name?: string; poolGuid?: string } = {}
  let place = 12
  for (let left = 64; left > 0; left--) {
    const pairBytes = unsigned(bytes, place, 4, 'big')
    if (pairBytes < 20 || place + pairBytes > bytes.length) break
    const nameBytes = unsigned(bytes, place + 8, 4, 'big')
    const name = latin1Text(bytes.subarray(place + 12, place + 12 + Math.min(nameBytes, 64)))
    const typeAt = place + 12 + Math.ceil(nameBytes / 4) * 4
    const type = unsigned(bytes, typeAt, 4, 'big')
    const value = bytes.subarray(typeAt + 8, place + pairBytes)
    if (name === 'name' && type === stringType) {
      const text = labelOf(value.subarray(4, 4 + unsigned(value, 0, 4, 'big')))
      if (text !== undefined) found.name = text
    }
    if (name === 'pool_guid' && type === uint64Type) found.poolGuid = toHex(value.subarray(0, 8))
    place += pairBytes
  }
  return found
}
