import { asciiBytes } from '../../base/ascii.ts'
import { directoryBytes, encodeDirectory } from './encode-fat-directory.ts'

export interface FatFile {
  /** Printable ASCII, at most 255 characters; kept as it is in a long name. */
  readonly name: string
  readonly bytes: Uint8Array
}

export interface FatVolume {
  /** At most 11 upper-case characters. */
  readonly label: string
  readonly serialNumber: number
  readonly sectorBytes: 512 | 4096
  readonly sizeBytes: number
  /** All in the root directory. */
  readonly files: readonly FatFile[]
}

/** FAT12 serves up to 4084 clusters; below that number its type is certain (FAT specification §3.5). */
const maximumClusters = 4084
const reservedSectors = 1
const rootDirectoryBytes = 16 * 1024

interface Geometry {
  readonly totalSectors: number
  readonly sectorsPerCluster: number
  readonly sectorsPerFat: number
  readonly rootSectors: number
  readonly firstDataSector: number
  readonly clusterBytes: number
  readonly clusterCount: number
}

/**
 * A FAT12 volume with its files in the root directory, the same bytes for the same contents.
 *
 * @throws {RangeError} when the files do not fit, or a name or the label cannot be written
 */
export function encodeFatVolume(volume: FatVolume): Uint8Array {
  const geometry = planGeometry(volume)
  const { sectorBytes } = volume
  const image = new Uint8Array(volume.sizeBytes)
  image.set(encodeBootSector(volume, geometry))
  const fat = new Uint8Array(geometry.sectorsPerFat * sectorBytes)
  fat.set([0xf8, 0xff, 0xff])
  const firstClusters = placeFiles(image, fat, volume, geometry)
  const fatOffset = reservedSectors * sectorBytes
  image.set(fat, fatOffset)
  image.set(fat, fatOffset + fat.length)
  const entries = volume.files.map(({ name, bytes }, index) => ({
    name,
    sizeBytes: bytes.length,
    firstCluster: firstClusters[index] ?? 0,
  }))
  const directory = encodeDirectory(volume.label, entries)
  if (directory.length > rootDirectoryBytes) throw new RangeError('too many files')
  image.set(directory, fatOffset + 2 * fat.length)
  return image
}

function planGeometry({ sectorBytes, sizeBytes }: FatVolume): Geometry {
  const totalSectors = Math.floor(sizeBytes / sectorBytes)
  const rootSectors = rootDirectoryBytes / sectorBytes
  let sectorsPerCluster = 1
  while (totalSectors / sectorsPerCluster > maximumClusters) sectorsPerCluster *= 2
  if (sectorsPerCluster > 64) throw new RangeError('the volume is too large for FAT12')
  const clusterBound = Math.ceil(totalSectors / sectorsPerCluster) + 2
  const sectorsPerFat = Math.ceil((clusterBound * 3) / 2 / sectorBytes)
  const firstDataSector = reservedSectors + 2 * sectorsPerFat + rootSectors
  const clusterCount = Math.floor((totalSectors - firstDataSector) / sectorsPerCluster)
  if (clusterCount < 1 || totalSectors > 0xffff) throw new RangeError('no FAT12 has this size')
  const clusterBytes = sectorsPerCluster * sectorBytes
  const places = { totalSectors, sectorsPerCluster, sectorsPerFat, rootSectors }
  return { ...places, firstDataSector, clusterBytes, clusterCount }
}

/** BIOS parameter block, little-endian (FAT specification §3.1, §3.2). */
function encodeBootSector(volume: FatVolume, geometry: Geometry): Uint8Array {
  const sector = new Uint8Array(512)
  const view = new DataView(sector.buffer)
  sector.set([0xeb, 0x3c, 0x90])
  sector.set(asciiBytes('MSWIN4.1'), 3)
  view.setUint16(11, volume.sectorBytes, true)
  view.setUint8(13, geometry.sectorsPerCluster)
  view.setUint16(14, reservedSectors, true)
  view.setUint8(16, 2)
  view.setUint16(17, rootDirectoryBytes / directoryBytes, true)
  view.setUint16(19, geometry.totalSectors, true)
  view.setUint8(21, 0xf8)
  view.setUint16(22, geometry.sectorsPerFat, true)
  view.setUint16(24, 63, true)
  view.setUint16(26, 255, true)
  view.setUint8(36, 0x80)
  view.setUint8(38, 0x29)
  view.setUint32(39, volume.serialNumber >>> 0, true)
  sector.set(asciiBytes(volume.label.padEnd(11)), 43)
  sector.set(asciiBytes('FAT12   '), 54)
  sector.set([0x55, 0xaa], 510)
  return sector
}

/** Lays the files one behind the other and chains their clusters. Returns where each begins; 0 for an empty one. */
function placeFiles(
  image: Uint8Array,
  fat: Uint8Array,
  volume: FatVolume,
  geometry: Geometry,
): number[] {
  let nextCluster = 2
  return volume.files.map(({ name, bytes }) => {
    if (bytes.length === 0) return 0
    const first = nextCluster
    const count = Math.ceil(bytes.length / geometry.clusterBytes)
    nextCluster += count
    if (nextCluster - 2 > geometry.clusterCount) throw new RangeError(`no room for ${name}`)
    const dataOffset = geometry.firstDataSector * volume.sectorBytes
    image.set(bytes, dataOffset + (first - 2) * geometry.clusterBytes)
    for (let cluster = first; cluster < nextCluster; cluster++) {
      setFatEntry(fat, cluster, cluster === nextCluster - 1 ? 0xfff : cluster + 1)
    }
    return first
  })
}

/** Two entries share three bytes. */
function setFatEntry(fat: Uint8Array, cluster: number, value: number): void {
  const offset = cluster + (cluster >> 1)
  const low = fat[offset] ?? 0
  const high = fat[offset + 1] ?? 0
  if (cluster % 2 === 0) {
    fat[offset] = value & 0xff
    fat[offset + 1] = (high & 0xf0) | (value >> 8)
  } else {
    fat[offset] = (low & 0x0f) | ((value & 0x0f) << 4)
    fat[offset + 1] = value >> 4
  }
}
