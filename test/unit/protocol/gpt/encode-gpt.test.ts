import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { encodeGpt } from '../../../../src/protocol/gpt/encode-gpt.ts'
import { diskOf, sampleDiskGuid, sampleTable } from '../../../fakes/sample-gpt.ts'

describe('encodeGpt', () => {
  test('refuses a partition beyond the usable sectors', () => {
    const table = sampleTable()
    const [first] = table.partitions
    if (first === undefined) throw new Error('no partition')
    const partitions = [{ ...first, lastLba: table.lastUsableLba + 1 }]
    expect(() => encodeGpt({ ...table, partitions })).toThrow(RangeError)
  })

  test('writes a table in which sgdisk finds no problem', () => {
    const directory = mkdtempSync(join(tmpdir(), 'gpt-'))
    try {
      const path = join(directory, 'disk')
      writeFileSync(path, diskOf(sampleTable()))
      const report = execFileSync('sgdisk', ['--verify', '--print', path], { encoding: 'utf8' })
      expect(report).toContain('No problems found')
      expect(report).toContain(sampleDiskGuid.toUpperCase())
      expect(report).toMatch(/3\s+4096\s+32767\s+14.0 MiB\s+8300\s+root/)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
