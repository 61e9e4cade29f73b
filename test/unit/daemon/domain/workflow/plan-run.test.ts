import { describe, expect, it } from 'vitest'

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
    const workflow = { name: 'x', armedHours: 1, recovery: [], stages: [{ name: 'a', tasks: [] }] }
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
