import { describe, expect, it } from 'vitest'

import type { Machine } from '../../../../../src/contract/machine.ts'
import type { Run } from '../../../../../src/contract/run.ts'
import { machineAfterRun } from '../../../../../src/daemon/domain/machine/machine-after-run.ts'
import { stepRun } from '../../../../../src/daemon/domain/workflow/workflow-run.ts'
import { sampleDigest } from '../../../../fakes/sample-fleet.ts'
import { context, deployTasks, machine, receipt, runWith } from '../workflow/run-fixtures.ts'

const inventory = {} as NonNullable<Machine['inventory']>
const known: Machine = { ...machine, inventory }
const old = { imageName: 'old', imageDigest: sampleDigest('a') }
const deployed: Machine = { ...known, state: 'deployed', ...old }
const withState = (run: Run, state: Run['state']): Run => ({ ...run, state })
const written = (run: Run): Run => ({
  ...run,
  receipt,
  tasks: run.tasks.map((task) => ({ ...task, attempts: 1 })),
})
const done = (run: Run): Run => ({
  ...written(run),
  state: 'succeeded',
  imageDigest: sampleDigest('b'),
  tasks: run.tasks.map((task) => ({ ...task, attempts: 1, state: 'succeeded' })),
})

describe('machineAfterRun', () => {
  it('an image counts as gone from the first byte of the next one', () => {
    const run = written(runWith(deployTasks))
    for (const state of ['running', 'failed', 'cancelled', 'held'] as const) {
      const after = machineAfterRun(deployed, withState(run, state))
      expect(after).not.toHaveProperty('imageName')
      expect(after).not.toHaveProperty('imageDigest')
    }
    expect(machineAfterRun(deployed, withState(run, 'cancelled')).state).toBe('failed')
  })

  it('a run that wrote nothing leaves a deployed machine deployed', () => {
    const run = withState(runWith(deployTasks), 'cancelled')
    expect(machineAfterRun(deployed, run)).toMatchObject({ state: 'deployed', ...old })
  })

  it('no receipt or no call home: not deployed', () => {
    const proven = done(runWith(deployTasks))
    const { receipt: _receipt, ...unproven } = proven
    expect(machineAfterRun(known, unproven).state).toBe('ready')
    const silent: Run = {
      ...proven,
      tasks: proven.tasks.map((task) =>
        task.task.action === 'await-phone-home' ? { ...task, state: 'failed' } : task,
      ),
    }
    expect(machineAfterRun(known, silent).state).toBe('ready')
  })

  it('deployed takes both proofs, and names the version that was proven', () => {
    const run = done(runWith(deployTasks))
    expect(machineAfterRun(known, run)).toMatchObject({
      ...{ state: 'deployed', imageName: 'debian-12', imageDigest: run.imageDigest },
    })
  })

  it('follows the run', () => {
    const run = runWith(deployTasks)
    const begun = stepRun(run, { kind: 'wake' }, context()).run
    expect(machineAfterRun(known, run)).toMatchObject({ state: 'ready', runId: run.id })
    expect(machineAfterRun(known, begun).state).toBe('deploying')
    expect(machineAfterRun(known, withState(begun, 'held')).state).toBe('held')
    expect(machineAfterRun(known, withState(begun, 'failed')).state).toBe('failed')
    expect(machineAfterRun({ ...known, state: 'held' }, run).state).toBe('ready')
  })

  it('taking inventory makes no machine a deploying one', () => {
    const run = withState(runWith([{ name: 'a', action: 'inventory' }]), 'running')
    expect(machineAfterRun(known, run).state).toBe('ready')
    expect(machineAfterRun(deployed, run).state).toBe('deployed')
  })
})
