import { NetworkBootError } from '../errors.ts'

/** Where the agent looks for the keys whose images it writes. */
const keysPath = 'etc/repave/trusted-keys.json'
/** Of one entry of a "newc" archive (linux/Documentation/driver-api/early-userspace/buffer-format.rst). */
const headerBytes = 110
const sizeField = { start: 54, end: 62 }

/** The file with the trusted keys, out of the archive that the daemon puts behind the initramfs it serves. */
export function keysInInitramfs(initramfs: Buffer): string {
  const nameAt = initramfs.lastIndexOf(`${keysPath}\0`)
  const header = initramfs.subarray(nameAt - headerBytes, nameAt)
  if (nameAt === -1 || header.subarray(0, 6).toString('latin1') !== '070701') {
    throw new NetworkBootError('the initramfs holds no keys')
  }
  const { start, end } = sizeField
  const sizeBytes = Number.parseInt(header.subarray(start, end).toString('latin1'), 16)
  const dataAt = Math.ceil((nameAt + keysPath.length + 1) / 4) * 4
  return initramfs.subarray(dataAt, dataAt + sizeBytes).toString('utf8')
}
