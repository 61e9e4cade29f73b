import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { Run } from '../../../../../src/contract/run.ts'
import { EndedRuns } from '../../../../../src/daemon/store/sqlite/ended-runs.ts'
import { openStore } from '../../../../../src/daemon/store/sqlite/open-store.ts'
import { sampleId, sampleRun } from '../../../../fakes/sample-fleet.ts'
import { createSilentLogger } from '../../../../fakes/silent-logger.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'repave-ended-runs-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const run = (number: number, state: Run['state']): Run => ({
  ...sampleRun(1),
  ...{ id: sampleId(number, 'bb'), state, createdAtMs: number },
})

const openState = async (runs: readonly Run[]) => {
  const store = await openStore(join(directory, 'repave.db'), { logger: createSilentLogger() })
  await store.state.commit({ runs, events: [] })
  return store
}

describe(EndedRuns, () => {
  it('are the newest of those that have ended, oldest first', async () => {
    const ended = Array.from({ length: 1005 }, (_value, index) => run(index + 2, 'succeeded'))
    await using store = await openState([...ended, run(1, 'running'), run(2000, 'failed')])
    const found = await store.state.readEndedRuns()
    expect(found.map(({ createdAtMs }) => createdAtMs)).toEqual([
      ...Array.from({ length: 999 }, (_value, index) => index + 8),
      2000,
    ])
  })

  it('are read once each, without keeping everything else waiting for all of them', async () => {
    const ended = Array.from({ length: 200 }, (_value, index) => run(index + 1, 'succeeded'))
    await using store = await openState(ended)
    let turns = 0
    let isRead = false
    const count = () => {
      turns++
      if (!isRead) setImmediate(count)
    }
    setImmediate(count)
    const first = await store.state.readEndedRuns()
    isRead = true
    expect(turns).toBeGreaterThanOrEqual(9)
    await store.state.commit({ runs: [run(201, 'cancelled')], events: [] })
    const second = await store.state.readEndedRuns()
    expect(second).toHaveLength(201)
    for (const [index, known] of first.entries()) expect(second[index]).toBe(known)
  })
})
