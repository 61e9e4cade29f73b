import { describe, expect, it } from 'vitest'

import { machineMark, toneSymbol } from '../../../src/presentation/state-mark.ts'
import { runningRun, sampleMachine, sampleRun } from '../../fakes/sample-fleet.ts'

describe(machineMark, () => {
  it('lets a deployment that waits for a person stand out', () => {
    const run = runningRun(1, 2, { state: 'waiting-approval' })
    expect(machineMark(sampleMachine(1), run)).toEqual({ word: 'approval', tone: 'attention' })
    expect(machineMark(sampleMachine(1), { ...run, state: 'held' }).tone).toBe('attention')
  })

  it('calls a machine that has yet to boot waiting', () => {
    expect(machineMark(sampleMachine(1), sampleRun(1)).word).toBe('waiting')
    expect(machineMark(sampleMachine(1), runningRun(1, 0)).word).toBe('deploying')
  })
})

describe(toneSymbol, () => {
  it('has a symbol of its own for each tone, and one in ASCII', () => {
    const tones = ['good', 'active', 'waiting', 'attention', 'bad', 'idle'] as const
    const ascii = tones.map((tone) => toneSymbol(tone, true))
    expect(ascii.join('')).toBe('+>o!x.')
    expect(new Set(tones.map((tone) => toneSymbol(tone, false))).size).toBe(tones.length)
  })
})
