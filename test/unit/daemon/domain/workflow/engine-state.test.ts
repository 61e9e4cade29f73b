import { describe, expect, it } from 'vitest'

import { EngineState } from '../../../../../src/daemon/domain/workflow/engine-state.ts'
import type { StateStore } from '../../../../../src/daemon/domain/workflow/state-store.ts'
import { sampleMachine, sampleRun } from '../../../../fakes/sample-fleet.ts'

/** A store whose commits take until they are let go, and tell their event then. */
async function openSlowState() {
  let seq = 7
  const commits: ((outcome: 'stored' | 'refused') => void)[] = []
  const store = {
    lastSeq: () => seq,
    readPresent: async () => ({ machines: [sampleMachine(1)], runs: [sampleRun(1)] }),
    commit: async () => {
      const { promise, resolve } = Promise.withResolvers<'stored' | 'refused'>()
      commits.push(resolve)
      if ((await promise) === 'refused') throw new Error('no room')
      seq++
      // Listeners hear the event before whoever commits goes on.
      expect(state.present()).toMatchObject({ seq: seq - 1, machines: [{ name: 'node-1' }] })
    },
  }
  const state: EngineState = await EngineState.load(store as unknown as StateStore)
  return { state, commits }
}

describe(EngineState, () => {
  it('tells what is at work as of an event, and of none that it has not taken yet', async () => {
    const { state, commits } = await openSlowState()
    expect(state.present()).toMatchObject({ seq: 7, runs: [{ id: sampleRun(1).id }] })
    const changed = sampleMachine(1, { name: 'renamed' })
    const ended = { ...sampleRun(1), state: 'succeeded' as const }
    const commit = state.commit({ machines: [changed], runs: [ended], events: [] })
    expect(state.present()).toMatchObject({ seq: 7, machines: [{ name: 'node-1' }] })
    commits[0]?.('stored')
    await commit
    expect(state.present()).toMatchObject({ seq: 8, machines: [{ name: 'renamed' }], runs: [] })
  })

  it('stays as it was when the store refuses', async () => {
    const { state, commits } = await openSlowState()
    const commit = state.commit({ machines: [sampleMachine(1, { name: 'renamed' })], events: [] })
    commits[0]?.('refused')
    await expect(commit).rejects.toThrow('no room')
    expect(state.present()).toMatchObject({ seq: 7, machines: [{ name: 'node-1' }] })
  })
})
