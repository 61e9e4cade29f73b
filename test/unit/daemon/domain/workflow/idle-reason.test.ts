import { describe, expect, it } from 'vitest'

import type { Run } from '../../../../../src/contract/run.ts'
import { idleReason } from '../../../../../src/daemon/domain/workflow/idle-reason.ts'
import { stepRun } from '../../../../../src/daemon/domain/workflow/workflow-run.ts'
import { context, deployTasks, runWith } from './run-fixtures.ts'

const failure = { code: 'ERR_X', message: 'm'.repeat(2000), retryable: false }

describe('idleReason', () => {
  it('is short enough for its frame, whatever a failure says', () => {
    for (const state of ['failed', 'held'] as const) {
      const run: Run = { ...runWith(deployTasks), state, failure }
      expect(idleReason(run)?.length).toBeLessThanOrEqual(200)
    }
  })

  it('is nothing while the agent has work', () => {
    const { run } = stepRun(runWith(deployTasks), { kind: 'wake' }, context())
    expect(idleReason(run)).toBeUndefined()
  })

  it('says what is waited for', () => {
    expect(idleReason(undefined)).toBe('a workflow for this machine')
    const last: Run = { ...runWith(deployTasks), state: 'running', taskIndex: 5 }
    expect(idleReason(last)).toBe('await (all)')
    const asks = stepRun(runWith([{ name: 'ok', action: 'approve' }]), { kind: 'wake' }, context())
    expect(idleReason(asks.run)).toBe('approval of test')
  })
})
