import { describe, expect, test } from 'vitest'

import {
  type Progress,
  progressNews,
} from '../../../../../src/daemon/servers/boot-files/progress-news.ts'
import { ManualTime } from '../../../../fakes/manual-time.ts'

describe(progressNews, () => {
  test('a transfer that takes long is told of every five seconds, and never of its end', () => {
    const time = new ManualTime()
    const told: Progress[] = []
    const news = progressNews(time, 1000, (progress) => told.push(progress))
    for (let sentBytes = 50; sentBytes <= 1000; sentBytes += 50) {
      time.advance(1000)
      news(sentBytes)
    }
    expect(told.map(({ percent }) => percent)).toEqual([25, 50, 75])
  })
})
