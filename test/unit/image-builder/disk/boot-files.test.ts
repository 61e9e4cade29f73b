import { describe, expect, it } from 'vitest'

import {
  diskRootArguments,
  grubConfig,
  verityRootArguments,
} from '../../../../src/image-builder/disk/boot-files.ts'

describe(grubConfig, () => {
  it('boots the installed kernel at once, from the partition of this image', () => {
    const config = grubConfig({
      kernel: '/boot/vmlinuz-6.1',
      initramfs: '/boot/initrd.img-6.1',
      rootArguments: diskRootArguments('aaaa-bbbb'),
      kernelArguments: ['console=tty0', 'quiet'],
    })
    expect(config).toBe(
      'set timeout=0\nlinux /boot/vmlinuz-6.1 root=PARTUUID=aaaa-bbbb ro console=tty0 quiet\n' +
        'initrd /boot/initrd.img-6.1\nboot\n',
    )
  })
})

describe('the kernel arguments of grubConfig', () => {
  it('C-N02 quotes the semicolon of a network seed', () => {
    const seed = 'ds=nocloud;s=http://10.0.0.1/seed/'
    const config = grubConfig({
      ...{ kernel: '/vmlinuz', initramfs: '/initrd.img', rootArguments: ['boot=memory'] },
      kernelArguments: [seed, 'quiet'],
    })
    expect(config).toContain(`linux /vmlinuz boot=memory '${seed}' quiet\n`)
  })
})

describe(verityRootArguments, () => {
  it('names the three partitions and what proves the root', () => {
    const facts = {
      rootPartitionGuid: 'aa',
      verityPartitionGuid: 'bb',
      statePartitionGuid: 'cc',
      rootHash: '00'.repeat(32),
    }
    expect(verityRootArguments(facts)).toEqual([
      'boot=verity',
      'root=/dev/mapper/root',
      'ro',
      'repave.verity.data=PARTUUID=aa',
      'repave.verity.tree=PARTUUID=bb',
      `repave.verity.roothash=${'00'.repeat(32)}`,
      'repave.state=PARTUUID=cc',
    ])
  })
})
