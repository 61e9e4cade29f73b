import { guidToBytes } from '../gpt/guid.ts'
import { utf16Bytes } from './load-option.ts'

/** A file on a GPT partition, named so that firmware finds it behind whatever controller it is. */
export interface EfiPartitionFile {
  /** 1 for the first entry of the table. */
  readonly partitionNumber: number
  readonly firstSector: number
  readonly sectorCount: number
  readonly partitionGuid: string
  /** `\EFI\BOOT\BOOTX64.EFI`. */
  readonly path: string
}

const mediaDevicePath = 4
const hardDriveNode = 1
const filePathNode = 4
const endOfPath = Uint8Array.of(0x7f, 0xff, 4, 0)

/** `HD(…)/File(…)`, the short form that every boot manager expands (UEFI 2.10 §10.3.5.1, §10.3.5.4). */
export function encodePartitionFilePath(file: EfiPartitionFile): Uint8Array {
  const path = utf16Bytes(file.path)
  const bytes = new Uint8Array(42 + 4 + path.length + endOfPath.length)
  const view = new DataView(bytes.buffer)
  bytes.set([mediaDevicePath, hardDriveNode, 42, 0])
  view.setUint32(4, file.partitionNumber, true)
  view.setBigUint64(8, BigInt(file.firstSector), true)
  view.setBigUint64(16, BigInt(file.sectorCount), true)
  bytes.set(guidToBytes(file.partitionGuid), 24)
  // Partition format GPT, signature type GUID.
  bytes.set([2, 2], 40)
  bytes.set([mediaDevicePath, filePathNode], 42)
  view.setUint16(44, 4 + path.length, true)
  bytes.set(path, 46)
  bytes.set(endOfPath, 46 + path.length)
  return bytes
}
