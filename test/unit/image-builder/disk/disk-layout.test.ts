import { describe, expect, it } from 'vitest'

import { GIBIBYTE, MEBIBYTE } from '../../../../src/base/byte-size.ts'
import { bootPartitionNumbers, planDisk } from '../../../../src/image-builder/disk/disk-layout.ts'
import { derivedGuid } from '../../../../src/image-builder/disk/derived-guid.ts'
import { encodeGpt } from '../../../../src/protocol/gpt/encode-gpt.ts'

const guids = {
  disk: derivedGuid('x', 'disk'),
  biosBoot: derivedGuid('x', 'biosBoot'),
  efiSystem: derivedGuid('x', 'efiSystem'),
  root: derivedGuid('x', 'root'),
  verity: derivedGuid('x', 'verity'),
  state: derivedGuid('x', 'state'),
}

describe(planDisk, () => {
  it.each(['disk', 'verity'] as const)('refuses an image without room for a root: %s', (root) => {
    const sizes = { root: 180 * MEBIBYTE, verity: 2 * MEBIBYTE }
    expect(() => planDisk(root, 200 * MEBIBYTE, guids, sizes)).toThrow('is too small: needs')
  })

  it.each([
    ['disk', ['bios-boot', 'efi-system', 'root']],
    ['verity', ['bios-boot', 'efi-system', 'root', 'root-verity', 'state']],
    ['memory', ['bios-boot', 'efi-system']],
  ] as const)(
    'makes a table that the encoder accepts, all on whole MiB and the one that grows last: %s',
    (root, names) => {
      const sizes = { root: 100 * MEBIBYTE + 4096, verity: MEBIBYTE }
      const { table, ...extents } = planDisk(root, GIBIBYTE, guids, sizes)
      expect(() => encodeGpt(table)).not.toThrow()
      expect(table.partitions.map(({ name }) => name)).toEqual(names)
      expect(table.partitions[bootPartitionNumbers[root] - 1]?.name).toBe(
        root === 'disk' ? 'root' : 'efi-system',
      )
      for (const { offsetBytes, sizeBytes } of Object.values(extents)) {
        expect(offsetBytes % MEBIBYTE).toBe(0)
        expect(sizeBytes % MEBIBYTE).toBe(0)
      }
      expect(table.partitions.at(-1)?.lastLba).toBe((GIBIBYTE - MEBIBYTE) / 512 - 1)
    },
  )

  it('rounds a read-only root up to whole MiB', () => {
    const sizes = { root: 100 * MEBIBYTE + 4096, verity: 5 }
    const { root, verity } = planDisk('verity', GIBIBYTE, guids, sizes)
    expect(root.sizeBytes).toBe(101 * MEBIBYTE)
    expect(verity).toEqual({
      offsetBytes: root.offsetBytes + root.sizeBytes,
      sizeBytes: MEBIBYTE,
    })
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
