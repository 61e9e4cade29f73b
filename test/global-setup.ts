import { ensureDebianPackages } from '../src/debian/ensure-debian-packages.ts'

/** The peers and tools that tests run for real, each from Debian's own package. */
const testPackages = [
  'atftp',
  'btrfs-progs',
  'bubblewrap',
  'busybox-static',
  'bzip2',
  'chromium',
  'cpio',
  'curl',
  'dnsmasq-base',
  'dosfstools',
  'drbd-utils',
  'e2fsprogs',
  'f2fs-tools',
  'fdisk',
  'fuse3',
  'gdisk',
  'gfs2-utils',
  'iproute2',
  'ipxe',
  'isc-dhcp-client',
  'libnbd-bin',
  'lvm2',
  'mount',
  'mtools',
  'nbdkit',
  'nginx-light',
  'ntfs-3g',
  'ocfs2-tools',
  'qemu-system-x86',
  'qemu-utils',
  'tftp-hpa',
  'udhcpc',
  'util-linux',
  'xfsprogs',
  'xz-utils',
  'zstd',
]

/** Runs once before all tests: installs what is missing when root, else names the line that does. */
export async function setup(): Promise<void> {
  await ensureDebianPackages(testPackages, { log: (line) => console.log(line) })
}
