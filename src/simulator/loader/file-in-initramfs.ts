/** Of one entry of a "newc" archive (linux/Documentation/driver-api/early-userspace/buffer-format.rst). */
const headerBytes = 110
const sizeField = { start: 54, end: 62 }

/**
 * The text of a file in the archive that the daemon puts behind the initramfs it serves, which is not
 * compressed; undefined where it is not there.
 */
export function fileInInitramfs(initramfs: Buffer, path: string): string | undefined {
  const nameAt = initramfs.lastIndexOf(`${path}\0`)
  const header = initramfs.subarray(nameAt - headerBytes, nameAt)
  if (nameAt === -1 || header.subarray(0, 6).toString('latin1') !== '070701') return undefined
  const { start, end } = sizeField
  const sizeBytes = Number.parseInt(header.subarray(start, end).toString('latin1'), 16)
  const dataAt = Math.ceil((nameAt + path.length + 1) / 4) * 4
  return initramfs.subarray(dataAt, dataAt + sizeBytes).toString('utf8')
}
