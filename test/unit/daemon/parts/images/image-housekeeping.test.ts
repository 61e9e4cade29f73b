import { setImmediate as turn } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import { keepImagesInOrder } from '../../../../../src/daemon/parts/images/image-housekeeping.ts'
import { ManualTime } from '../../../../fakes/manual-time.ts'
import { createSilentLogger } from '../../../../fakes/silent-logger.ts'

const dayMs = 86_400_000

function start(collect: () => Promise<void>) {
  const done: string[] = []
  const timers = new ManualTime()
  const logger = createSilentLogger()
  const images = {
    collect: async () => {
      await collect()
      done.push('collect')
      return { dryRun: false, removedImages: [], freedBytes: 0, storedBytes: 0 }
    },
    scrub: async () => {
      done.push('scrub')
      const found = { checkedChunks: 0, checkedBytes: 0, damagedChunks: 0 }
      return { ...found, quarantined: [], released: [] }
    },
  }
  return { done, timers, logger, housekeeping: keepImagesInOrder({ images, timers, logger }) }
}

describe(keepImagesInOrder, () => {
  it('goes on the next day when a round fails', async () => {
    let isBroken = true
    const { done, timers, logger } = start(async () => {
      if (isBroken) throw new Error('disk')
    })
    timers.advance(dayMs)
    await turn()
    expect(logger.lines).toMatchObject([{ level: 'error' }])
    isBroken = false
    timers.advance(dayMs)
    await turn()
    expect(done).toEqual(['collect', 'scrub'])
  })

  it('I14 reads everything once a day', async () => {
    const { done, timers, housekeeping } = start(async () => undefined)
    timers.advance(dayMs - 1)
    await turn()
    expect(done).toEqual([])
    timers.advance(1)
    await turn()
    expect(done).toEqual(['collect', 'scrub'])
    await housekeeping[Symbol.asyncDispose]()
    timers.advance(2 * dayMs)
    await turn()
    expect(done).toHaveLength(2)
  })
})
