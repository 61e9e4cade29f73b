import { describe, expect, it } from 'vitest'

import { machineIdOf, runOfMachine } from '../../../src/presentation/fleet.ts'
import {
  runEvent,
  runningRun,
  sampleId,
  sampleMachine,
  sampleRun,
} from '../../fakes/sample-fleet.ts'

const machines = new Map([1, 2].map((number) => [sampleId(number), sampleMachine(number)]))

describe(machineIdOf, () => {
  it('finds the machine of a boot decision by its MAC address', () => {
    const event = {
      ...runEvent(sampleRun(1), 'decided'),
      seq: 3,
      type: 'boot',
      key: '52:54:00:aa:bb:02',
      body: {},
    }
    const { machineId: _, ...unnamed } = event
    expect(machineIdOf({ machines }, unnamed)).toBe(sampleId(2))
    expect(machineIdOf({ machines }, { ...unnamed, key: '52:54:00:aa:bb:99' })).toBeUndefined()
  })
})

describe(runOfMachine, () => {
  it('prefers the run that the machine names, else the newest', () => {
    const other = { ...sampleRun(9), machineId: sampleId(1), createdAtMs: 9e12 }
    const runs = new Map([runningRun(1, 1), other].map((run) => [run.id, run]))
    expect(runOfMachine({ runs }, sampleMachine(1))?.id).toBe(sampleId(1, 'bb'))
    const { runId: _, ...nameless } = sampleMachine(1)
    expect(runOfMachine({ runs }, nameless)?.id).toBe(other.id)
  })
})
