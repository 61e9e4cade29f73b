import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stripElf } from '../../../src/sledgehammer/strip-elf.ts'

describe('stripElf', () => {
  it.each([
    ['a script', Buffer.from('#!/bin/sh\n')],
    ['nothing', Buffer.alloc(0)],
    ['a 32-bit ELF file', Buffer.from(`7f454c460101${'00'.repeat(60)}`, 'hex')],
  ])('refuses %s', (_name, bytes) => {
    expect(() => stripElf(bytes)).toThrow(RangeError)
  })

  it('refuses an ELF file that was cut short, and never reads outside it', () => {
    const whole = readFileSync('/bin/true')
    fc.assert(
      fc.property(fc.nat(whole.length), (length) => {
        const cut = whole.subarray(0, length)
        try {
          expect(stripElf(cut).length).toBeLessThanOrEqual(length)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }),
    )
  })

  it('leaves a program that still runs, without its sections', () => {
    const directory = mkdtempSync(join(tmpdir(), 'repave-elf-'))
    try {
      const original = readFileSync('/bin/echo')
      const stripped = stripElf(original)
      const path = join(directory, 'echo')
      writeFileSync(path, stripped, { mode: 0o755 })
      expect(stripped.length).toBeLessThan(original.length)
      expect(execFileSync(path, ['still', 'here'], { encoding: 'utf8' })).toBe('still here\n')
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
