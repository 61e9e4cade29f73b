import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  type EventBatch,
  followEvents,
  SubscriberLaggingError,
} from '../../../../../src/daemon/domain/event/follow-events.ts'
import { MemoryEventLog } from '../../../../fakes/memory-event-log.ts'

const all = (batch: EventBatch) => batch
const turn = () => new Promise((resolve) => setImmediate(resolve))

async function* singly(batches: AsyncIterable<EventBatch>) {
  for await (const batch of batches) yield* batch
}

function follow(
  log: MemoryEventLog,
  overrides: { since?: number; maximumBehind?: number; type?: string } = {},
) {
  const controller = new AbortController()
  const { type, since = 0, maximumBehind = 1024 } = overrides
  const select = (batch: EventBatch) => batch.filter((event) => event.type === type)
  const batches = followEvents(log, {
    ...{ since, maximumBehind },
    ...{ select: type === undefined ? all : select, signal: controller.signal },
  })
  const events = singly(batches)
  return { events, stop: () => controller.abort() }
}

describe(followEvents, () => {
  it('ends a subscription that has caught up and then reads too slowly', async () => {
    const log = new MemoryEventLog()
    const { events } = follow(log, { maximumBehind: 10 })
    const first = events.next()
    await turn()
    log.append()
    expect((await first).value?.seq).toBe(1)
    for (let count = 0; count < 11; count++) log.append()
    await expect(events.next()).rejects.toBeInstanceOf(SubscriberLaggingError)
    expect(log.listenerCount).toBe(0)
  })

  it('never calls a long backfill lagging, however much happens meanwhile', async () => {
    const log = new MemoryEventLog()
    for (let count = 0; count < 600; count++) log.append()
    const { events, stop } = follow(log, { maximumBehind: 5 })
    for (let expected = 1; expected <= 900; expected++) {
      if (log.lastSeq() < 900) log.append()
      expect((await events.next()).value?.seq).toBe(expected)
    }
    stop()
    expect((await events.next()).done).toBe(true)
  })

  it('does not let events that no topic covers fill the buffer', async () => {
    const log = new MemoryEventLog()
    const { events, stop } = follow(log, { maximumBehind: 2, type: 'run' })
    const next = events.next()
    await turn()
    for (let count = 0; count < 50; count++) log.append({ type: 'dhcp' })
    log.append({ type: 'run' })
    expect((await next).value?.seq).toBe(51)
    stop()
  })

  it('stops listening as soon as it is aborted while it waits', async () => {
    const log = new MemoryEventLog()
    const { events, stop } = follow(log)
    const next = events.next()
    await turn()
    stop()
    expect((await next).done).toBe(true)
    expect(log.listenerCount).toBe(0)
  })

  it('gives every event once and in order, whatever is appended while it reads (W09)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(40),
        fc.nat(40),
        fc.array(fc.record({ appends: fc.nat(4), atRead: fc.nat(3) }), { maxLength: 60 }),
        async (before, since, steps) => {
          const log = new MemoryEventLog()
          for (let count = 0; count < before; count++) log.append()
          const start = Math.min(since, before)
          const queue = [...steps]
          log.beforeRead = async () => {
            await turn()
            const step = queue.shift()
            for (let count = 0; count < (step?.atRead ?? 0); count++) log.append()
          }
          const { events, stop } = follow(log, { since: start })
          const seen: number[] = []
          const reading = (async () => {
            for await (const event of events) {
              seen.push(event.seq)
              const step = queue.shift()
              for (let count = 0; count < (step?.appends ?? 0); count++) log.append()
            }
          })()
          while (queue.length > 0 || seen.length < log.lastSeq() - start) {
            await turn()
            if (queue.shift() !== undefined) log.append()
          }
          stop()
          await reading
          expect(seen).toEqual(
            Array.from({ length: log.lastSeq() - start }, (_, i) => start + i + 1),
          )
        },
      ),
      { numRuns: 60 },
    )
  })
})
