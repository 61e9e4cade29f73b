import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { readByteRange } from '../../../../../src/daemon/servers/http/byte-range.ts'
import {
  type FileRequestHeaders,
  planResponse,
} from '../../../../../src/daemon/servers/http/plan-response.ts'

const modifiedAtMs = Date.parse('2026-11-20T10:00:00.700Z')
const modified = 'Fri, 20 Nov 2026 10:00:00 GMT'
const earlier = 'Fri, 20 Nov 2026 09:59:59 GMT'
const later = 'Fri, 20 Nov 2026 10:00:01 GMT'
const file = {
  sizeBytes: 1000,
  contentType: 'application/octet-stream',
  etag: '"v1"',
  modifiedAtMs,
}
const get = (headers: FileRequestHeaders) => planResponse('GET', headers, file)

describe(readByteRange, () => {
  test.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=5-2',
    'bytes=0-1,5-6',
    'bytes=-1,-2',
    'items=0-1',
    'bytes=0x1-2',
    'bytes=+1-2',
    'bytes=1-2 ; x',
    'bytes=99999999999999999999-',
  ])('sends the whole file for %j', (header) => {
    expect(readByteRange(header, 1000)).toBeUndefined()
  })

  test.each(['bytes=1000-', 'bytes=1000-2000', 'bytes=-0'])('cannot satisfy %j', (header) => {
    expect(readByteRange(header, 1000)).toBe('unsatisfiable')
  })

  test('nothing of an empty file can be had', () => {
    expect(readByteRange('bytes=0-', 0)).toBe('unsatisfiable')
    expect(readByteRange('bytes=-5', 0)).toBe('unsatisfiable')
  })

  test.each([
    ['bytes=0-0', 0, 0],
    ['bytes=0-', 0, 999],
    ['bytes=999-', 999, 999],
    ['bytes=990-5000', 990, 999],
    ['bytes=-1', 999, 999],
    ['bytes=-5000', 0, 999],
    ['Bytes=10-19', 10, 19],
  ])('reads %s as %i to %i', (header, first, last) => {
    expect(readByteRange(header, 1000)).toEqual({ first, last })
  })

  test('any text gives a range inside the file or none', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^bytes=\d{0,4}-\d{0,4}$/))
    fc.assert(
      fc.property(text, fc.nat(2000), (header, sizeBytes) => {
        const range = readByteRange(header, sizeBytes)
        if (typeof range !== 'object') return
        expect(range.first).toBeLessThanOrEqual(range.last)
        expect(range.last).toBeLessThan(sizeBytes)
      }),
    )
  })
})

describe(planResponse, () => {
  test('H02 ranges that follow each other make up the file', () => {
    fc.assert(
      fc.property(fc.nat(999), (cut) => {
        const tail = get({ range: `bytes=${cut}-` }).body
        const head = cut === 0 ? undefined : get({ range: `bytes=0-${cut - 1}` }).body
        expect(tail).toEqual({ first: cut, last: 999 })
        expect(head?.last ?? -1).toBe(cut - 1)
      }),
    )
  })

  test('C-H01 HEAD has the headers of GET and no body, whatever range it names', () => {
    const head = planResponse('HEAD', { range: 'bytes=0-9' }, file)
    const whole = get({})
    expect(head.headers).toEqual(whole.headers)
    expect(head.statusCode).toBe(200)
    expect(head.body).toBeUndefined()
    expect(whole.body).toEqual({ first: 0, last: 999 })
  })

  test('an empty file has a length and no body', () => {
    const plan = planResponse('GET', {}, { ...file, sizeBytes: 0 })
    expect(plan.headers['content-length']).toBe('0')
    expect(plan.body).toBeUndefined()
  })

  test('C-H02 a resumed download of EDK2 gets its range while the file is the same', () => {
    const range = 'bytes=500-'
    for (const condition of [{ 'if-match': '"v1"' }, { 'if-unmodified-since': modified }]) {
      const plan = get({ range, ...condition })
      expect(plan.statusCode).toBe(206)
      expect(plan.headers).toMatchObject({
        'content-range': 'bytes 500-999/1000',
        'content-length': '500',
        'last-modified': modified,
        etag: '"v1"',
      })
    }
  })

  test.each<FileRequestHeaders>([
    { 'if-match': '"v2"' },
    { 'if-match': 'W/"v1"' },
    { 'if-match': '' },
    { 'if-unmodified-since': earlier },
    { 'if-match': '"v2"', 'if-none-match': '"v1"' },
  ])('412 for %j', (headers) => {
    expect(get({ ...headers, range: 'bytes=0-1' }).statusCode).toBe(412)
  })

  test.each<FileRequestHeaders>([
    { 'if-none-match': '"v1"' },
    { 'if-none-match': 'W/"v1"' },
    { 'if-none-match': '"v0", "v1"' },
    { 'if-none-match': '*' },
    { 'if-modified-since': modified },
    { 'if-modified-since': later },
    { 'if-match': '*', 'if-none-match': '"v1"' },
  ])('304 without a body for %j', (headers) => {
    const plan = get(headers)
    expect(plan.statusCode).toBe(304)
    expect(plan.body).toBeUndefined()
    expect(plan.headers).not.toHaveProperty('content-length')
  })

  test.each<FileRequestHeaders>([
    { 'if-none-match': '"v2"', 'if-modified-since': later },
    { 'if-modified-since': earlier },
    { 'if-modified-since': 'yesterday' },
    { 'if-match': '"v0", "v1"', 'if-unmodified-since': earlier },
  ])('200 for %j', (headers) => {
    expect(get(headers).statusCode).toBe(200)
  })

  test.each([
    ['"v1"', 206],
    [modified, 206],
    ['"v2"', 200],
    ['W/"v1"', 200],
    [later, 200],
    [earlier, 200],
    ['nonsense', 200],
  ])('If-Range %s with a range gives %i', (ifRange, statusCode) => {
    expect(get({ 'if-range': ifRange, range: 'bytes=0-9' }).statusCode).toBe(statusCode)
  })

  test('what is made anew each time has no validators', () => {
    const plan = planResponse('GET', {}, { sizeBytes: 3, contentType: 'text/plain' })
    expect(plan.headers).not.toHaveProperty('etag')
    expect(plan.headers).not.toHaveProperty('last-modified')
  })
})
