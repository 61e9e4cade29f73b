import { asciiBytes } from '../../base/ascii.ts'
import {
  directoryBytes,
  encodeRootDirectory,
  encodeSubdirectory,
  type FatDirectoryEntry,
  subdirectoryBytes,
} from './encode-fat-directory.ts'
import { FatClusters, type FatDataArea } from './fat-clusters.ts'
import { type FatTree, fatTree } from './fat-tree.ts'

export interface FatFile {
  /** Parts of printable ASCII joined by `/`, at most 255 characters each; kept as they are in long names. */
  readonly path: string
  readonly bytes: Uint8Array
}

export interface FatVolume {
  /** At most 11 upper-case characters. */
  readonly label: string
  readonly serialNumber: number
  readonly sectorBytes: 512 | 4096
  readonly sizeBytes: number
  readonly files: readonly FatFile[]
}

/** FAT12 serves up to 4084 clusters; below that number its type is certain (FAT specification §3.5). */
const maximumClusters = 4084
const reservedSectors = 1
const rootDirectoryBytes = 16 * 1024

interface Geometry extends FatDataArea {
  readonly totalSectors: number
  readonly sectorsPerCluster: number
  readonly sectorsPerFat: number
  readonly rootSectors: number
}

/**
 * A FAT12 volume with its files and their directories, the same bytes for the same contents.
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
  const tree = fatTree(volume.files)
  const clusters = new FatClusters(image, fat, geometry, sectorBytes)
  const directory = encodeRootDirectory(volume.label, placeEntries(tree, 0, clusters))
  if (directory.length > rootDirectoryBytes) throw new RangeError('too many files')
  const fatOffset = reservedSectors * sectorBytes
  image.set(fat, fatOffset)
  image.set(fat, fatOffset + fat.length)
  image.set(directory, fatOffset + 2 * fat.length)
  return image
}

/** Puts what a directory holds into clusters, what it holds in turn included. */
function placeEntries(
  { files, directories }: FatTree,
  ownCluster: number,
  clusters: FatClusters,
): FatDirectoryEntry[] {
  const placedFiles = [...files].map(([name, bytes]): FatDirectoryEntry => {
    const firstCluster = clusters.take(bytes.length, name)
    clusters.write(firstCluster, bytes)
    return { name, kind: 'file', sizeBytes: bytes.length, firstCluster }
  })
  const placedDirectories = [...directories].map(([name, tree]): FatDirectoryEntry => {
    const sizeBytes = subdirectoryBytes([...tree.files.keys(), ...tree.directories.keys()])
    const firstCluster = clusters.take(sizeBytes, name)
    const entries = placeEntries(tree, firstCluster, clusters)
    clusters.write(firstCluster, encodeSubdirectory(firstCluster, ownCluster, entries))
    return { name, kind: 'directory', sizeBytes: 0, firstCluster }
  })
  return [...placedFiles, ...placedDirectories]
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
  if (clusterCount < 1) throw new RangeError('no FAT12 has this size')
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
  // A number that 16 bits do not hold stands in the 32-bit field, with 0 here.
  const isLarge = geometry.totalSectors > 0xffff
  view.setUint16(19, isLarge ? 0 : geometry.totalSectors, true)
  view.setUint32(32, isLarge ? geometry.totalSectors : 0, true)
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
