import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { encodeFatVolume, type FatVolume } from '../../../../src/protocol/fat/encode-fat-volume.ts'

const text = (content: string) => new Uint8Array(Buffer.from(content))

const volume: FatVolume = {
  label: 'CIDATA',
  serialNumber: 0x1234abcd,
  sectorBytes: 512,
  sizeBytes: 4 * 1024 * 1024,
  files: [
    { name: 'meta-data', bytes: text('instance-id: one\n') },
    { name: 'user-data', bytes: text(`#cloud-config\n${'x'.repeat(60_000)}\n`) },
    { name: 'network-config', bytes: text('version: 2\n') },
    { name: 'vendor-data', bytes: text('') },
  ],
}

describe('encodeFatVolume', () => {
  let directory = ''
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'fat-'))
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  test('refuses files that do not fit, and names and labels that cannot be written', () => {
    const big = { name: 'user-data', bytes: new Uint8Array(5 * 1024 * 1024) }
    expect(() => encodeFatVolume({ ...volume, files: [big] })).toThrow('no room for user-data')
    for (const name of ['', 'a/b', '../x', 'trailing.', 'ü']) {
      const files = [{ name, bytes: text('') }]
      expect(() => encodeFatVolume({ ...volume, files })).toThrow(RangeError)
    }
    expect(() => encodeFatVolume({ ...volume, label: 'cidata' })).toThrow(RangeError)
    expect(() => encodeFatVolume({ ...volume, sizeBytes: 1024 })).toThrow(RangeError)
  })

  test.each([512, 4096] as const)(
    'gives a volume that fsck finds sound and mtools reads, %i-byte sectors (C-N01)',
    (sectorBytes) => {
      const path = join(directory, `volume-${sectorBytes}`)
      writeFileSync(path, encodeFatVolume({ ...volume, sectorBytes }))
      const report = execFileSync('fsck.vfat', ['-n', '-v', path], { encoding: 'utf8' })
      expect(report).toContain('5 files')
      for (const { name, bytes } of volume.files) {
        const copy = join(directory, `copy-${sectorBytes}-${name}`)
        execFileSync('mcopy', ['-n', '-i', path, `::${name}`, copy])
        expect(readFileSync(copy).equals(bytes)).toBe(true)
      }
    },
  )

  test('is found by its label, as cloud-init looks for it (C-N01)', () => {
    const path = join(directory, 'labelled')
    writeFileSync(path, encodeFatVolume(volume))
    const found = execFileSync('blkid', ['-p', '-o', 'export', path], { encoding: 'utf8' })
    expect(found).toContain('LABEL=CIDATA')
    expect(found).toContain('TYPE=vfat')
    expect(found).toContain('UUID=1234-ABCD')
  })

  test('gives the same bytes for the same contents', () => {
    expect(encodeFatVolume(volume)).toEqual(encodeFatVolume(volume))
  })
})
