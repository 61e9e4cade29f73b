import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Run } from '../../../../../src/contract/run.ts'
import { orderWrites } from '../../../../../src/daemon/domain/workflow/write-turns.ts'
import { deployTasks, runWith, uuid } from './run-fixtures.ts'

const writeIndex = 2
const base = runWith(deployTasks)

function candidate(number: number, rack: string, isWriting: boolean, image = 'a') {
  const tasks = base.tasks.map((task, index) =>
    index === writeIndex ? { ...task, state: isWriting ? 'running' : 'pending' } : task,
  ) as Run['tasks']
  const run: Run = {
    ...base,
    id: uuid(number),
    tasks,
    taskIndex: writeIndex,
    state: isWriting ? 'running' : 'queued',
    imageDigest: `sha256:${image.repeat(64)}` as never,
    ...(isWriting ? {} : { queuedAtMs: number }),
  }
  return { run, rack }
}

const ids = (runs: readonly Run[]) => runs.map(({ id }) => id)
const unlimited = { daemon: 1000, rack: 1000, image: 1000 }

describe('orderWrites', () => {
  it('one that only its image or its rack holds up lets the others pass', () => {
    const all = [
      candidate(1, 'r1', true, 'a'),
      candidate(2, 'r1', false, 'a'),
      candidate(3, 'r2', false, 'a'),
      candidate(4, 'r1', false, 'b'),
    ]
    const byImage = orderWrites(all, { ...unlimited, image: 1 })
    expect(ids(byImage.admitted)).toEqual([uuid(4)])
    expect(byImage.waiting.get(uuid(3))).toEqual({ position: 1, limit: 'image' })
    const byRack = orderWrites(all, { ...unlimited, rack: 1 })
    expect(ids(byRack.admitted)).toEqual([uuid(3)])
    expect(byRack.waiting.get(uuid(4))).toMatchObject({ limit: 'rack' })
  })

  it('E12: a rack that asks for hundreds does not keep another from its first', () => {
    const many = Array.from({ length: 200 }, (_, index) => candidate(index + 1, 'large', false))
    const all = [...many, candidate(900, 'small', false), candidate(901, 'small', false)]
    const { admitted, waiting } = orderWrites(all, { ...unlimited, daemon: 3 })
    expect(ids(admitted)).toEqual([uuid(1), uuid(900), uuid(2)])
    expect(waiting.get(uuid(901))?.position).toBe(1)
    expect(waiting.size).toBe(199)
  })

  it('never lets more write than may, never leaves a place unused, and gives each its own place', () => {
    const one = fc.record({
      rack: fc.constantFrom('', 'r1', 'r2'),
      image: fc.constantFrom('a', 'b'),
      isWriting: fc.boolean(),
    })
    const limit = fc.integer({ min: 1, max: 6 })
    fc.assert(
      fc.property(
        fc.array(one, { maxLength: 30 }),
        fc.record({ daemon: limit, rack: limit, image: limit }),
        (facts, limits) => {
          const all = facts.map(({ rack, image, isWriting }, index) =>
            candidate(index + 1, rack, isWriting, image),
          )
          const { admitted, waiting } = orderWrites(all, limits)
          const holders = facts.filter(({ isWriting }) => isWriting).length
          const room = Math.max(0, limits.daemon - holders)
          expect(admitted.length).toBeLessThanOrEqual(room)
          expect(admitted.length + waiting.size).toBe(facts.length - holders)
          const places = [...waiting.values()]
          expect(places.map(({ position }) => position)).toEqual(
            places.map((_, index) => index + 1),
          )
          if (admitted.length < room) {
            expect(places.every(({ limit: reached }) => reached !== 'daemon')).toBe(true)
          }
        },
      ),
    )
  })
})
