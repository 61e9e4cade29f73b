import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { DaemonToOperator, OperatorToDaemon } from '../../../src/contract/operator-frames.ts'
import {
  type FeedItem,
  followOperator,
  type OperatorLink,
  reconnectDelayMs,
} from '../../../src/presentation/operator-feed.ts'
import { runEvent, sampleRun } from '../../fakes/sample-fleet.ts'

const eventOf = (seq: number) => ({ ...runEvent(sampleRun(1), 'created'), seq })

/** A link whose daemon has `stored` events, breaks after `survives` frames, and answers as the real one does. */
function scriptedLink(
  stored: number,
  survives: number,
  seen: OperatorToDaemon[],
  extra: readonly DaemonToOperator[] = [],
): OperatorLink {
  let subscription: Extract<OperatorToDaemon, { frame: 'subscribe' }> | undefined
  async function* frames(): AsyncGenerator<DaemonToOperator> {
    const id = subscription?.id ?? ''
    const since = Math.min(subscription?.since ?? stored, stored)
    const all: DaemonToOperator[] = [
      { frame: 'subscribed', id, seq: stored, machines: [], runs: [] },
      ...Array.from({ length: stored - since }, (_, index) => ({
        frame: 'event' as const,
        id,
        event: eventOf(since + index + 1),
      })),
      ...extra,
    ]
    yield* all.slice(0, survives)
  }
  return {
    frames: { [Symbol.asyncIterator]: frames },
    send: (frame) => {
      seen.push(frame)
      if (frame.frame === 'subscribe') subscription = frame
    },
    close: () => undefined,
  }
}

async function collect(
  connects: readonly (() => OperatorLink)[],
  since?: number,
): Promise<FeedItem[]> {
  const items: FeedItem[] = []
  const signal = { aborted: false }
  let next = 0
  const feed = followOperator({
    topics: ['*.*.*'],
    ...(since === undefined ? {} : { since }),
    connect: async () => {
      const connect = connects[next++]
      if (connect === undefined) {
        signal.aborted = true
        throw new Error('no more links')
      }
      return connect()
    },
    wait: async () => undefined,
    signal,
  })
  for await (const item of feed) items.push(item)
  return items
}

const seqs = (items: readonly FeedItem[]) =>
  items.flatMap((item) => (item.kind === 'event' ? item.event.seq : []))

describe(followOperator, () => {
  it('sees every event once, wherever the connections break (W09)', async () => {
    const breaks = fc.array(fc.nat(12), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(breaks, async (all) => {
        let stored = 0
        const links = [...all, 1000].map((survives) => () => {
          stored += 5
          return scriptedLink(stored, survives, [])
        })
        const items = await collect(links, 0)
        const total = links.length * 5
        expect(seqs(items)).toEqual(Array.from({ length: total }, (_, index) => index + 1))
      }),
    )
  })

  it('starts from the present where no cursor is given, and resumes behind it', async () => {
    const seen: OperatorToDaemon[] = []
    const items = await collect([() => scriptedLink(7, 99, seen), () => scriptedLink(9, 99, seen)])
    expect(seqs(items)).toEqual([8, 9])
    expect(seen[0]).not.toHaveProperty('since')
    expect(seen[1]).toMatchObject({ since: 7 })
    const snapshots = items.filter((item) => item.kind === 'snapshot')
    expect(snapshots.map((item) => item.fresh)).toEqual([true, false])
  })

  it('takes a record that is younger than its cursor as a fresh one', async () => {
    const items = await collect([() => scriptedLink(50, 99, []), () => scriptedLink(3, 99, [])])
    expect(items.filter((item) => item.kind === 'snapshot')).toMatchObject([
      { fresh: true, seq: 50 },
      { fresh: true, seq: 3 },
    ])
  })

  it('subscribes again with its cursor when it was too slow', async () => {
    const seen: OperatorToDaemon[] = []
    await collect([() => scriptedLink(4, 99, seen, [{ frame: 'lagging', id: '1', lastSeq: 4 }])], 0)
    expect(seen.slice(0, 2)).toMatchObject([
      { id: '1', since: 0 },
      { id: '2', since: 4 },
    ])
  })

  it('ends with an error when the daemon refuses the subscription', async () => {
    const refusal = { frame: 'error', code: 'ERR_FRAME_INVALID', message: 'no' } as const
    await expect(collect([() => scriptedLink(0, 99, [], [refusal])])).rejects.toThrow(
      'ERR_FRAME_INVALID',
    )
  })

  it('tells every failure, counting them', async () => {
    const refuse = () => {
      throw new Error('connection refused')
    }
    const items = await collect([refuse, refuse, () => scriptedLink(1, 99, []), refuse])
    expect(items.map((item) => (item.kind === 'disconnected' ? item.attempt : item.kind))).toEqual([
      1,
      2,
      'snapshot',
      1,
      2,
    ])
  })
})

describe(reconnectDelayMs, () => {
  it('doubles from 250 ms up to five seconds', () => {
    expect([1, 2, 3, 6, 5000].map(reconnectDelayMs)).toEqual([250, 500, 1000, 5000, 5000])
  })
})
