import { describe, expect, it } from 'vitest'

import { runSchema } from '../../../../../src/contract/run.ts'
import { workflowSchema } from '../../../../../src/contract/workflow.ts'
import { planRun } from '../../../../../src/daemon/domain/workflow/plan-run.ts'
import { machine, runWith, uuid } from './run-fixtures.ts'

const select = { name: 'select', action: 'select-disk' }
const write = { name: 'write', action: 'write-image' }

describe('planRun', () => {
  it('E07: an empty list of stages or tasks is an error, not a success', () => {
    expect(workflowSchema.safeParse({ name: 'x', stages: [] }).success).toBe(false)
    expect(
      workflowSchema.safeParse({ name: 'x', stages: [{ name: 'a', tasks: [] }] }).success,
    ).toBe(false)
    const workflow = {
      name: 'x',
      armedHours: 1,
      recovery: [],
      stages: [{ name: 'a', params: {}, tasks: [] }],
    }
    const request = { id: uuid(1), machine, workflow, params: {}, nowMs: 1 }
    expect(() => planRun(request)).toThrow('it has no tasks')
  })

  it('refuses what could only fail, or succeed without its proof', () => {
    expect(() => runWith([write])).toThrow('write needs a select-disk task before it')
    expect(() => runWith([{ name: 'w', action: 'await-phone-home' }])).toThrow('needs a write-seed')
    expect(() => runWith([select, { ...write, onError: 'continue' }])).toThrow('may not be skipped')
    expect(() => runWith([select, write, { ...write, name: 'again' }])).toThrow(
      'stands in it twice',
    )
  })

  it('refuses a recovery that is not there, and one that would need the disk', () => {
    const failing = { name: 'a', action: 'inventory', onError: { task: 'saves' } }
    expect(() => runWith([failing])).toThrow('saves is no task of its recovery')
    const wipes = { name: 'saves', action: 'wipe-disk' }
    expect(() => runWith([failing], [wipes])).toThrow('wipe-disk is no task for a recovery')
    const again = { ...failing, name: 'saves' }
    expect(() => runWith([failing], [again])).toThrow('has one of its own')
  })

  it('a disk may be compared as often as wanted, but not before one is selected', () => {
    const verify = { name: 'v', action: 'verify-image' }
    expect(() => runWith([verify])).toThrow('v needs a select-disk task before it')
    expect(runWith([select, verify, { ...verify, name: 'w' }]).tasks).toHaveLength(3)
    expect(() => runWith([{ name: 'w', action: 'wipe-disk' }])).toThrow('needs a select-disk')
  })

  it('E14: a run of the release before is read as it was meant', () => {
    const { recovery: _recovery, ...rest } = { recovery: [], ...runWith([select]) }
    const old = JSON.parse(JSON.stringify(rest)) as { tasks: { task: Record<string, unknown> }[] }
    for (const { task } of old.tasks) delete task['needsApproval']
    expect(runSchema.parse(old)).toEqual(runWith([select]))
  })

  it('flattens the stages into one visible list', () => {
    const stages = [
      { name: 'one', tasks: [{ name: 'a', action: 'inventory' }] },
      { name: 'two', tasks: [select, write] },
    ]
    const workflow = workflowSchema.parse({ name: 'x', stages })
    const run = planRun({ id: uuid(3), machine, workflow, params: {}, nowMs: 7 })
    expect(run.tasks.map(({ stage, task }) => `${stage}/${task.name}`)).toEqual([
      'one/a',
      'two/select',
      'two/write',
    ])
    expect(run).toMatchObject({ state: 'queued', taskIndex: 0, createdAtMs: 7, revision: 0 })
  })
})
