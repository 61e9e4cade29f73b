import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { negotiateTftpOptions } from '../../../../src/protocol/tftp/negotiate-tftp-options.ts'

const limits = { fileBytes: 74_213, mtuBytes: 1500 }
const negotiate = (options: Record<string, string>, mtuBytes = 1500) =>
  negotiateTftpOptions(new Map(Object.entries(options)), { ...limits, mtuBytes })

describe(negotiateTftpOptions, () => {
  test.each(['7', '0', '-1', '65465', '9999999999', '1e3', '0x200', ' 512', '', '512 '])(
    'T03 blksize %j is as if it had not been asked for',
    (blksize) => {
      const { settings, accepted } = negotiate({ blksize })
      expect(settings.blockBytes).toBe(512)
      expect(accepted.size).toBe(0)
    },
  )

  test.each(['0', '-1', '65536', 'four'])('T05 windowsize %j is ignored', (windowsize) => {
    expect(negotiate({ windowsize }).settings.windowBlocks).toBe(1)
  })

  test.each([
    ['8', 1500, 8],
    ['512', 1500, 512],
    ['1468', 1500, 1468],
    ['65464', 1500, 1468],
    ['65464', 9000, 8968],
    ['1468', 576, 544],
  ])('T04 blksize %s on an MTU of %i becomes %i', (blksize, mtuBytes, expected) => {
    const { settings, accepted } = negotiate({ blksize }, mtuBytes)
    expect(settings.blockBytes).toBe(expected)
    expect(accepted.get('blksize')).toBe(String(expected))
  })

  test.each([
    ['1', 1],
    ['4', 4],
    ['32', 32],
    ['65535', 32],
  ])('T05 windowsize %s becomes %i', (windowsize, expected) => {
    expect(negotiate({ windowsize }).settings.windowBlocks).toBe(expected)
  })

  test('T05 no more than 48 KiB are in flight', () => {
    const { settings } = negotiate({ windowsize: '64', blksize: '65464' }, 9000)
    expect(settings.windowBlocks * settings.blockBytes).toBeLessThanOrEqual(48 * 1024)
    expect(settings.windowBlocks).toBe(5)
  })

  test('T07 exactly the options that were asked for and are valid are answered, in their order', () => {
    const valid: Record<string, string> = {
      tsize: '0',
      blksize: '1468',
      windowsize: '4',
      timeout: '3',
    }
    const names = [...Object.keys(valid), 'multicast', 'constructor', '__proto__', 'rollover']
    fc.assert(
      fc.property(
        fc.subarray(names).chain((subset) => fc.shuffledSubarray(subset)),
        (asked) => {
          const requested = new Map(asked.map((name) => [name, valid[name] ?? '1']))
          const { accepted } = negotiateTftpOptions(requested, limits)
          expect([...accepted.keys()]).toEqual(asked.filter((name) => Object.hasOwn(valid, name)))
        },
      ),
    )
  })

  test('T04 C-T04 an answered number is never larger than the one asked for', () => {
    const number = fc.integer({ min: 0, max: 70_000 })
    fc.assert(
      fc.property(number, number, number, (blksize, windowsize, mtuBytes) => {
        const { accepted, settings } = negotiate(
          { blksize: String(blksize), windowsize: String(windowsize) },
          mtuBytes,
        )
        expect(Number(accepted.get('blksize') ?? 0)).toBeLessThanOrEqual(blksize)
        expect(Number(accepted.get('windowsize') ?? 0)).toBeLessThanOrEqual(windowsize)
        expect(settings.blockBytes).toBeGreaterThanOrEqual(8)
        expect(settings.windowBlocks).toBeGreaterThanOrEqual(1)
      }),
    )
  })

  test('tsize tells the size of the file; timeout is echoed and becomes the first wait', () => {
    const { settings, accepted } = negotiate({ tsize: '0', timeout: '5' })
    expect(accepted.get('tsize')).toBe('74213')
    expect(accepted.get('timeout')).toBe('5')
    expect(settings.timeoutMs).toBe(5000)
  })
})
