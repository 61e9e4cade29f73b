import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { cloudConfigReader } from '../../../../../src/daemon/store/content/cloud-config-reader.ts'

const read = (text: string) => cloudConfigReader.readCloudConfig(text)

describe('cloudConfigReader', () => {
  it.each([
    ['#!/bin/sh\necho', 'its first line is not #cloud-config'],
    ['#cloud-config\n- a list', 'its top level is not a mapping'],
    ['#cloud-config\n"just text"', 'its top level is not a mapping'],
    ['#cloud-config\na: 1\na: 2', 'Map keys must be unique at line 3, column 1:'],
  ])('refuses %j', (text, reason) => {
    expect(read(text)).toEqual({ ok: false, reason })
  })

  it('refuses an alias bomb', () => {
    const levels = Array.from({ length: 10 }, (_, level) =>
      level === 0 ? 'a0: &a0 [x,x,x]' : `a${level}: &a${level} [${`*a${level - 1},`.repeat(9)}]`,
    )
    expect(read(`#cloud-config\n${levels.join('\n')}`).ok).toBe(false)
  })

  it('answers any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(typeof read(`#cloud-config\n${text}`).ok).toBe('boolean')
      }),
    )
  })

  it('gives the mapping', () => {
    expect(read('#cloud-config\npackages: [vim]\nfinal: { ok: true }\n')).toEqual({
      ok: true,
      config: { packages: ['vim'], final: { ok: true } },
    })
    expect(read('#cloud-config')).toEqual({ ok: true, config: {} })
  })
})
