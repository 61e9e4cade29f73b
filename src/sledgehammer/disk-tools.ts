import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ArchiveEntry } from '../protocol/cpio/archive-entry.ts'
import { findUnpacked, libraryFolder, listLibraries } from './unpacked-packages.ts'

/**
 * What tells the free space of file systems, what shows a disk as a copy that may be changed, what starts
 * another kernel without firmware, and what has a SATA drive erase itself.
 */
const programs = [
  ...['sbin/dumpe2fs', 'sbin/xfs_db', 'bin/ntfscat', 'sbin/dmsetup'],
  ...['sbin/kexec', 'sbin/hdparm'],
]

/** The Debian packages that bring the programs, and the libraries they are linked with. */
export const diskToolPackages = [
  ...['e2fsprogs', 'xfsprogs', 'ntfs-3g', 'dmsetup'],
  ...['libext2fs2', 'libcom-err2', 'libblkid1', 'libuuid1', 'libinih1', 'liburcu8', 'libedit2'],
  ...['libbsd0', 'libmd0', 'libtinfo6', 'libntfs-3g89', 'libdevmapper1.02.1', 'libselinux1'],
  ...['libpcre2-8-0', 'libudev1', 'kexec-tools', 'hdparm'],
  // Debian's kexec is linked with what it would need under Xen.
  ...['libxenmisc4.17', 'libxencall1', 'libxendevicemodel1', 'libxenevtchn1'],
  ...['libxenforeignmemory1', 'libxengnttab1', 'libxentoollog1', 'libxentoolcore1'],
]

/** The programs and every library they load that Node has not brought along already. */
export async function diskToolEntries(
  root: string,
  present: ReadonlySet<string>,
): Promise<ArchiveEntry[]> {
  const entries = new Map<string, ArchiveEntry>()
  for (const program of programs) {
    const path = await findUnpacked(root, program)
    entries.set(program, await executable(`usr/bin/${basename(program)}`, path))
    for (const library of await listLibraries(root, path)) {
      const target = `${libraryFolder}/${basename(library)}`
      if (!present.has(target)) entries.set(target, await executable(target, library))
    }
  }
  return [...entries.values()]
}

async function executable(path: string, source: string): Promise<ArchiveEntry> {
  return { type: 'file', path, bytes: await readFile(source), mode: 0o755 }
}
