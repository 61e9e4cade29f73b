import { describe, expect, it } from 'vitest'

import { fileSystemTable, grubConfig } from '../../../../src/image-builder/disk/boot-files.ts'

const boot = { rootPartitionGuid: 'aaaa-bbbb', kernelArguments: ['console=tty0', 'quiet'] }

describe(grubConfig, () => {
  it('boots the installed kernel at once, from the partition of this image', () => {
    expect(grubConfig(boot)).toBe(
      'set timeout=0\nlinux /vmlinuz root=PARTUUID=aaaa-bbbb ro console=tty0 quiet\ninitrd /initrd.img\nboot\n',
    )
  })
})

describe(fileSystemTable, () => {
  it('mounts the root of this image and lets it grow', () => {
    expect(fileSystemTable(boot)).toMatch(/^PARTUUID=aaaa-bbbb \/ ext4 .*x-systemd\.growfs 0 1\n$/)
  })
})
