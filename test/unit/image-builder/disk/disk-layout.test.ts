import { describe, expect, it } from 'vitest'

import { GIBIBYTE, MEBIBYTE } from '../../../../src/base/byte-size.ts'
import { planDisk } from '../../../../src/image-builder/disk/disk-layout.ts'
import { derivedGuid } from '../../../../src/image-builder/disk/derived-guid.ts'
import { encodeGpt } from '../../../../src/protocol/gpt/encode-gpt.ts'

const guids = {
  disk: derivedGuid('x', 'disk'),
  biosBoot: derivedGuid('x', 'bios-boot'),
  efiSystem: derivedGuid('x', 'efi-system'),
  root: derivedGuid('x', 'root'),
}

describe(planDisk, () => {
  it('refuses an image without room for a root', () => {
    expect(() => planDisk(200 * MEBIBYTE, guids)).toThrow('has no room for a root')
  })

  it('makes a table that the encoder accepts, the root last and all on whole MiB', () => {
    const { table, biosBoot, efiSystem, root } = planDisk(GIBIBYTE, guids)
    expect(() => encodeGpt(table)).not.toThrow()
    expect(table.partitions.at(-1)).toMatchObject({ number: 3, name: 'root' })
    for (const { offsetBytes, sizeBytes } of [biosBoot, efiSystem, root]) {
      expect(offsetBytes % MEBIBYTE).toBe(0)
      expect(sizeBytes % MEBIBYTE).toBe(0)
    }
    expect(root.offsetBytes + root.sizeBytes).toBe(GIBIBYTE - MEBIBYTE)
  })
})

describe(derivedGuid, () => {
  it('is a GUID of version 8 that follows from seed and purpose', () => {
    const guid = derivedGuid('seed', 'root')
    expect(guid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(derivedGuid('seed', 'root')).toBe(guid)
    expect(new Set([guid, derivedGuid('seed', 'disk'), derivedGuid('other', 'root')]).size).toBe(3)
  })
})
