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
    { path: 'meta-data', bytes: text('instance-id: one\n') },
    { path: 'user-data', bytes: text(`#cloud-config\n${'x'.repeat(60_000)}\n`) },
    { path: 'network-config', bytes: text('version: 2\n') },
    { path: 'vendor-data', bytes: text('') },
  ],
}

describe('encodeFatVolume', () => {
  let directory = ''
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'fat-'))
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  test('refuses files that do not fit, and names and labels that cannot be written', () => {
    const big = { path: 'user-data', bytes: new Uint8Array(5 * 1024 * 1024) }
    expect(() => encodeFatVolume({ ...volume, files: [big] })).toThrow('no room for user-data')
    for (const path of ['', 'a//b', '/a', '../x', 'trailing.', 'ü', 'a\\b']) {
      const files = [{ path, bytes: text('') }]
      expect(() => encodeFatVolume({ ...volume, files })).toThrow(RangeError)
    }
    const twice = ['a/b', 'a/b'].map((path) => ({ path, bytes: text('') }))
    expect(() => encodeFatVolume({ ...volume, files: twice })).toThrow('twice on one volume')
    const both = ['a/b', 'a'].map((path) => ({ path, bytes: text('') }))
    expect(() => encodeFatVolume({ ...volume, files: both })).toThrow(RangeError)
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
      for (const { path: name, bytes } of volume.files) {
        const copy = join(directory, `copy-${sectorBytes}-${name}`)
        execFileSync('mcopy', ['-n', '-i', path, `::${name}`, copy])
        expect(readFileSync(copy).equals(bytes)).toBe(true)
      }
    },
  )

  test('puts files into directories, however deep and full', () => {
    const path = join(directory, 'deep')
    const files = Array.from({ length: 40 }, (_, index) => ({
      path: `openstack/latest/a rather long name of file number ${index}.json`,
      bytes: text(`${index}\n`),
    }))
    files.push({ path: 'openstack/content/0000', bytes: text('z'.repeat(9000)) })
    writeFileSync(path, encodeFatVolume({ ...volume, label: 'CONFIG-2', files }))
    expect(execFileSync('fsck.vfat', ['-n', '-v', path], { encoding: 'utf8' })).toContain(
      '45 files',
    )
    for (const { path: name, bytes } of files) {
      const found = execFileSync('mtype', ['-i', path, `::${name}`])
      expect(found.equals(bytes)).toBe(true)
    }
  })

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
