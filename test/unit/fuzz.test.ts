import { describe, expect, test } from 'vitest'

import { fuzzTarget, loadFuzzTargets } from '../fuzz/fuzz-run.ts'
import { mutate, seededDraw } from '../fuzz/mutate.ts'

const targets = await loadFuzzTargets()

describe(fuzzTarget, () => {
  test('tells the seed that draws the failing bytes again', async () => {
    const fails = { name: 'fails', seeds: [Uint8Array.of(1)], tryBytes: () => expect.fail() }
    const { failures } = await fuzzTarget(fails, 7, (cases) => cases === 0)
    const [failure] = failures
    const again = mutate(fails.seeds, seededDraw((failure?.seed ?? 0) * 2_654_435_761))
    expect(Buffer.from(again).toString('hex')).toBe(failure?.bytesHex)
  })

  test.each(targets)('$name survives 2,000 changed inputs', async (target) => {
    expect(await fuzzTarget(target, 1, (cases) => cases < 2000)).toMatchObject({
      cases: 2000,
      failures: [],
    })
  })
})
