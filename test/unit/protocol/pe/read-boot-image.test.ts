import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { readBootImage } from '../../../../src/protocol/pe/read-boot-image.ts'
import { revokedGeneration } from '../../../../src/protocol/pe/revoked-generation.ts'
import { efiProgram } from '../../../fakes/efi-program.ts'

const current = 'sbat,1,SBAT Version\nshim,4,UEFI shim\nshim.debian,1,Debian\n'

describe(readBootImage, () => {
  it.each([
    ['nothing', new Uint8Array(0), 'is no EFI program'],
    ['a script', Buffer.from('#!ipxe\nboot\n'.repeat(20)), 'is no EFI program'],
    ['a program for DOS', efiProgram({}).with(64, 0), 'is no EFI program'],
    ['a header behind the end', efiProgram({}).with(63, 0x7f), 'is no EFI program'],
    ['sections behind the end', efiProgram({}).with(71, 0xff), 'is cut off'],
    ['generations behind the end', efiProgram({ sbat: current }).subarray(0, 1030), 'is cut off'],
    ['generations that are none', efiProgram({ sbat: 'shim,four\n' }), /no numbers/],
  ])('I16 refuses %s', (_name, bytes, reason) => {
    const expected: unknown = typeof reason === 'string' ? reason : expect.stringMatching(reason)
    expect(readBootImage(bytes)).toEqual({ ok: false, reason: expected })
  })

  it('tells what is signed, and its generations', () => {
    expect(readBootImage(efiProgram({ sbat: current }))).toEqual({
      ok: true,
      facts: {
        isSigned: true,
        sbat: new Map(Object.entries({ sbat: 1, shim: 4, 'shim.debian': 1 })),
      },
    })
    expect(readBootImage(efiProgram({ isSigned: false }))).toEqual({
      ok: true,
      facts: { isSigned: false, sbat: undefined },
    })
  })

  it('gives for any bytes facts or a reason', () => {
    const seed = efiProgram({ sbat: current })
    const places = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 })
    fc.assert(
      fc.property(places, fc.nat(seed.length), (changes, length) => {
        const bytes = seed.slice()
        for (const [offset, value] of changes) bytes[offset] = value
        expect(readBootImage(bytes.subarray(0, length))).toHaveProperty('ok')
      }),
    )
  })
})

describe(revokedGeneration, () => {
  const facts = (generations: Record<string, number>) => ({
    isSigned: true,
    sbat: new Map(Object.entries(generations)),
  })

  it.each([
    [{ sbat: 1, shim: 3 }, 'shim 3, at least 4 is needed'],
    [{ sbat: 1, grub: 2 }, 'grub 2, at least 3 is needed'],
    [{ sbat: 1, grub: 5, 'grub.debian': 3 }, 'grub.debian 3, at least 4 is needed'],
  ])('I16 tells what of %j is revoked', (generations, revoked) => {
    expect(revokedGeneration(facts(generations))).toBe(revoked)
  })

  it('I16 lets the current ones pass, and nothing that has none', () => {
    expect(revokedGeneration(facts({ sbat: 1, shim: 4 }))).toBeUndefined()
    expect(revokedGeneration(facts({ sbat: 1, grub: 5, 'grub.debian': 4 }))).toBeUndefined()
    expect(revokedGeneration({ isSigned: true, sbat: undefined })).toMatch(/no generations/)
  })
})
