import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../base/coded-error.ts'
import type { Logger } from '../../base/logger.ts'
import type { EventRetention } from '../domain/event/event-retention.ts'
import type { Timers } from '../domain/workflow/timers.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000

export interface EventHousekeepingOptions {
  readonly retention: EventRetention
  readonly keepDays: number
  readonly keepLogDays: number
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
}

/** An hour after the start and then once a day: events older than they need to be are forgotten. */
export function keepEventsInOrder(options: EventHousekeepingOptions): AsyncDisposable {
  const { retention, keepDays, keepLogDays, clock, timers, logger } = options
  let underWay = Promise.resolve()
  let hasEnded = false
  let stop: () => void = () => undefined
  const round = async () => {
    const nowMs = clock.nowMs()
    const limits = { beforeMs: nowMs - keepDays * dayMs, logsBeforeMs: nowMs - keepLogDays * dayMs }
    try {
      const forgotten = await retention.forgetEvents(limits)
      if (forgotten > 0) logger.info({ forgotten }, 'old events forgotten')
    } catch (error) {
      if (!hasEnded) logger.error({ error: messageOf(error) }, 'old events not forgotten')
    }
    arm(dayMs)
  }
  const arm = (delayMs: number) => {
    if (hasEnded) return
    stop = timers.after(delayMs, () => {
      underWay = round()
    })
  }
  arm(hourMs)
  return {
    [Symbol.asyncDispose]: async () => {
      hasEnded = true
      stop()
      await underWay
    },
  }
}
