import { describe, expect, it } from 'vitest'

import type { Machine } from '../../../../../src/contract/machine.ts'
import type { Run } from '../../../../../src/contract/run.ts'
import { bootLoopCode, decideBoot } from '../../../../../src/daemon/domain/bootenv/resolve-boot.ts'
import { deployTasks, machine, runWith } from '../workflow/run-fixtures.ts'

describe('decideBoot', () => {
  const deployed: Machine = { ...machine, state: 'deployed', imageName: 'debian-12' }
  const at = (taskIndex: number): Run => ({
    ...runWith(deployTasks),
    state: 'running',
    taskIndex,
  })

  it('E11: holds a machine that keeps coming back, whatever else is true', () => {
    for (const situation of [{ machine }, { machine: deployed }, { machine, run: at(2) }]) {
      const decision = decideBoot({ ...situation, recentBoots: 6 })
      expect(decision).toMatchObject({ target: 'hold' })
      expect(decision.because).toContain('6 times in 10 min')
      expect(decideBoot({ ...situation, recentBoots: 5 }).target).not.toBe('hold')
    }
  })

  it('keeps a run that is held for a boot loop on hold until a person lets it go', () => {
    const failure = { code: bootLoopCode, message: 'again and again', retryable: false }
    const run: Run = { ...at(5), state: 'held', failure }
    expect(decideBoot({ machine, run, recentBoots: 1 }).target).toBe('hold')
    const other: Run = { ...at(2), state: 'held', failure: { ...failure, code: 'ERR_X' } }
    expect(decideBoot({ machine, run: other, recentBoots: 1 }).target).toBe('sledgehammer')
  })

  it('E10: a deployed machine that boots from the network unasked boots its disk', () => {
    const decision = decideBoot({ machine: deployed, recentBoots: 1 })
    expect(decision).toEqual({ target: 'local-disk', because: 'debian-12 is deployed' })
  })

  it('a machine that is built anew on every boot is, but not by the first boot of what was written', () => {
    const rebuilt: Machine = { ...deployed, onBoot: 'reprovision' }
    expect(decideBoot({ machine: rebuilt, recentBoots: 1 })).toMatchObject({
      target: 'begin-run',
      workflow: 'reprovision',
    })
    expect(decideBoot({ machine: rebuilt, run: at(5), recentBoots: 1 }).target).toBe('local-disk')
    expect(decideBoot({ machine: rebuilt, recentBoots: 6 }).target).toBe('hold')
  })

  it('E11: a machine whose boots begin one run after the other is held on the sixth', () => {
    const rebuilt: Machine = { ...deployed, onBoot: 'reprovision' }
    const decide = (recentOwnRuns: number) =>
      decideBoot({ machine: rebuilt, recentBoots: 1, recentOwnRuns })
    expect(decide(4).target).toBe('begin-run')
    expect(decide(5)).toMatchObject({
      target: 'hold',
      because: '6 boots in 10 min would each begin reprovision',
    })
  })

  it('a workflow of every boot waits for a person once it has failed', () => {
    const begun = (onBoot: string, state: Machine['state']) =>
      decideBoot({ machine: { ...machine, onBoot, state }, recentBoots: 1 })
    expect(begun('live', 'ready')).toMatchObject({ target: 'begin-run', workflow: 'live-boot' })
    expect(begun('workflow:burn-in', 'ready')).toMatchObject({ workflow: 'burn-in' })
    expect(begun('workflow:burn-in', 'failed').target).toBe('sledgehammer')
    expect(begun('reprovision', 'ready').target).toBe('sledgehammer')
  })

  it('a run that needs sledgehammer gets it; one that waits for the first boot does not', () => {
    expect(decideBoot({ machine: deployed, run: at(0), recentBoots: 1 }).target).toBe(
      'sledgehammer',
    )
    expect(decideBoot({ machine, run: at(4), recentBoots: 1 }).target).toBe('sledgehammer')
    expect(decideBoot({ machine, run: at(5), recentBoots: 1 }).target).toBe('local-disk')
  })

  it('a machine without a run gets sledgehammer and is told that nothing is touched', () => {
    for (const state of ['discovering', 'ready', 'failed'] as const) {
      const decision = decideBoot({ machine: { ...machine, state }, recentBoots: 1 })
      expect(decision.target).toBe('sledgehammer')
      expect(decision.because).toContain('touches no disk')
    }
  })
})
