import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { canonicalJson } from '../../../src/contract/canonical-json.ts'
import type { ImageManifest } from '../../../src/contract/image-manifest.ts'
import { readManifest } from '../../../src/contract/read-manifest.ts'
import { createSignedImage, patternBytes } from '../../fakes/signed-image.ts'

const mebibyte = 1024 * 1024
const { manifest } = createSignedImage(
  Buffer.concat([patternBytes(mebibyte), Buffer.alloc(mebibyte), patternBytes(4096, 2)]),
)
const text = canonicalJson(manifest)
const withChange = (change: object) => canonicalJson({ ...manifest, ...change })
const [first, zero, last] = manifest.chunks as [
  ImageManifest['chunks'][number],
  ImageManifest['chunks'][number],
  ImageManifest['chunks'][number],
]

describe(readManifest, () => {
  it.each([
    ['an unknown key', text.replace('{', '{"aa":1,')],
    ['a key that stands twice', text.replace('"arch":"x86_64"', '"arch":"x86_64","arch":"x86_64"')],
    ['another order of keys', JSON.stringify(manifest)],
    ['white space', text.replace(',', ', ')],
    ['an escape that need not be', text.replace('test-image', '\\u0074est-image')],
    [
      'a number in another spelling',
      text.replace(`"rawBytes":${manifest.rawBytes}`, '"rawBytes":1e6'),
    ],
    ['an unknown key in a chunk', withChange({ chunks: [{ ...first, extra: 1 }, zero, last] })],
    ['an older format', withChange({ format: 'repave-manifest/0' })],
    ['a later format', withChange({ format: 'repave-manifest/2' })],
    ['a chunk too few', withChange({ chunks: [first, zero] })],
    ['a chunk too many', withChange({ chunks: [first, zero, last, zero] })],
    ['chunks in another order', withChange({ chunks: [last, zero, first] })],
    ['a pack longer than its chunks', withChange({ packBytes: manifest.packBytes + 1 })],
    ['half a sector', withChange({ rawBytes: manifest.rawBytes - 100 })],
    ['no JSON', text.slice(0, -1)],
  ])('I13 refuses %s', (_name, changed) => {
    expect(readManifest(changed)).toMatchObject({ ok: false })
  })

  it('I13 refuses a million chunks', () => {
    const chunks = Array.from({ length: 1_000_000 }, () => ({ kind: 'zero' as const }))
    const many = withChange({ chunks, packBytes: 0, rawBytes: 1_000_000 * mebibyte })
    expect(readManifest(many)).toMatchObject({ ok: false })
  })

  it('gives any text a manifest or a reason', () => {
    const spoilt = fc.tuple(fc.nat(text.length), fc.string({ maxLength: 3 }))
    fc.assert(
      fc.property(spoilt, ([at, inserted]) => {
        const changed = text.slice(0, at) + inserted + text.slice(at + inserted.length)
        const reading = readManifest(changed)
        expect(reading.ok ? canonicalJson(reading.manifest) : changed).toBe(changed)
      }),
      { numRuns: 300 },
    )
  })

  it('reads what was signed', () => {
    expect(readManifest(text)).toEqual({ ok: true, manifest })
  })
})
