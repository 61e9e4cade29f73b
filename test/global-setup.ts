import { ensureDebianPackages } from '../src/debian/ensure-debian-packages.ts'

/** The peers and tools that tests run for real, each from Debian's own package. */
const testPackages = [
  'atftp',
  'busybox-static',
  'cpio',
  'curl',
  'dnsmasq-base',
  'dosfstools',
  'e2fsprogs',
  'gdisk',
  'ipxe',
  'iproute2',
  'isc-dhcp-client',
  'mount',
  'mtools',
  'ntfs-3g',
  'qemu-system-x86',
  'tftp-hpa',
  'udhcpc',
  'util-linux',
  'xfsprogs',
]

/** Runs once before all tests: installs what is missing when root, else names the line that does. */
export async function setup(): Promise<void> {
  await ensureDebianPackages(testPackages, { log: (line) => console.log(line) })
}
