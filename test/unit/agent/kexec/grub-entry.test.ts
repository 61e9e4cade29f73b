import { describe, expect, it } from 'vitest'

import { readGrubEntry } from '../../../../src/agent/kexec/grub-entry.ts'
import { grubConfig } from '../../../../src/image-builder/disk/boot-files.ts'

describe('readGrubEntry', () => {
  it('gives up where GRUB would have to be run to know', () => {
    expect(readGrubEntry('')).toBeUndefined()
    expect(readGrubEntry('linux /vmlinuz root=/dev/sda1')).toBeUndefined()
    expect(readGrubEntry('linux $kernel root=x\ninitrd /initrd')).toBeUndefined()
    expect(readGrubEntry('linux /vmlinuz\ninitrd /microcode /initrd')).toBeUndefined()
  })

  it('reads what our own images have', () => {
    const entry = {
      kernel: '/boot/vmlinuz',
      initramfs: '/boot/initrd.img',
      rootArguments: ['root=PARTUUID=1234', 'ro'],
      kernelArguments: ['console=ttyS0', 'ds=nocloud-net;s=http://10.0.0.1/'],
    }
    expect(readGrubEntry(grubConfig(entry))).toEqual({
      kernel: '/boot/vmlinuz',
      initramfs: '/boot/initrd.img',
      kernelArguments: 'root=PARTUUID=1234 ro console=ttyS0 ds=nocloud-net;s=http://10.0.0.1/',
    })
  })

  it('reads the first entry of a menu', () => {
    const menu = `
menuentry 'Debian' {
	search --no-floppy --fs-uuid --set=root 1234
	linux	/boot/vmlinuz-6.1 root=UUID=1234 ro  quiet
	initrd	/boot/initrd.img-6.1
}
menuentry 'older' { linux /boot/old }`
    expect(readGrubEntry(menu)).toMatchObject({
      kernel: '/boot/vmlinuz-6.1',
      kernelArguments: 'root=UUID=1234 ro quiet',
    })
  })
})
