import { describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../../../src/base/byte-size.ts'
import { linkBiosBoot } from '../../../../src/image-builder/disk/grub-bios.ts'

const bootImage = new Uint8Array(512).fill(0x11)
bootImage.set([0xeb, 0x05], 0x66)

/** Five sectors and a bit, as grub-mkimage counts them: all but the first. */
function coreImage(restSectors = 5): Uint8Array {
  const core = new Uint8Array(5 * 512 + 100).fill(0x22)
  new DataView(core.buffer).setUint16(0x1fc, restSectors, true)
  return core
}

const link = (core = coreImage(), boot = bootImage, partitionBytes = MEBIBYTE) =>
  linkBiosBoot({ bootImage: boot, coreImage: core, coreLba: 2048, partitionBytes })

describe(linkBiosBoot, () => {
  it('refuses a core that is larger than its partition', () => {
    expect(() => link(coreImage(), bootImage, 512)).toThrow('has 2660 bytes, of 512')
  })

  it('refuses what GRUB does not make', () => {
    expect(() => link(coreImage(9))).toThrow('does not count its own sectors')
    expect(() => link(new Uint8Array(10))).toThrow(RangeError)
    expect(() => link(coreImage(), new Uint8Array(100))).toThrow('not one sector')
  })

  it('points sector 0 at the core, and the core at its own rest', () => {
    const { bootCode, core } = link()
    expect(bootCode).toHaveLength(440)
    expect(new DataView(bootCode.buffer).getBigUint64(0x5c, true)).toBe(2048n)
    expect([...bootCode.subarray(0x64, 0x68)]).toEqual([0xff, 0x11, 0x90, 0x90])
    expect(new DataView(core.buffer).getBigUint64(0x1f4, true)).toBe(2049n)
  })

  it('leaves the images it was given alone', () => {
    const core = coreImage()
    link(core)
    expect(core).toEqual(coreImage())
    expect(bootImage[0x64]).toBe(0x11)
  })
})
