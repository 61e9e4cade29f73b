import { describe, expect, test } from 'vitest'

import { UnprovenBudget } from '../../../../../src/daemon/servers/tftp/unproven-budget.ts'
import { ManualTime } from '../../../../fakes/manual-time.ts'

/** Smallest request there is for a boot program, and the first block with which it is answered. */
const requestBytes = 30
const answerBytes = 516

describe(UnprovenBudget, () => {
  test('T15 a thousand forged requests a second get no more than three times what they brought', () => {
    const time = new ManualTime()
    const budget = new UnprovenBudget(time)
    let out = 0
    for (let request = 0; request < 10_000; request++) {
      const address = `10.0.0.${request % 256}`
      time.advance(1)
      budget.add(address, requestBytes)
      // The answer, and five more for want of an acknowledgement.
      for (let repeat = 0; repeat < 6; repeat++) {
        if (budget.take(address, answerBytes)) out += answerBytes
      }
    }
    expect(out).toBeLessThanOrEqual(3 * requestBytes * 10_000)
  })

  test('T15 a network that is flooded in its name costs others nothing', () => {
    const time = new ManualTime()
    const budget = new UnprovenBudget(time)
    while (budget.take('10.0.0.1', answerBytes));
    expect(budget.take('10.0.0.2', answerBytes)).toBe(false)
    expect(budget.take('10.0.1.1', answerBytes)).toBe(true)
  })

  test('a rack that boots at once has its first answers', () => {
    const budget = new UnprovenBudget(new ManualTime())
    for (let machine = 1; machine <= 48; machine++) {
      expect(budget.take(`10.0.0.${machine}`, 60)).toBe(true)
    }
  })

  test('what a sender who answers was sent is given back', () => {
    const budget = new UnprovenBudget(new ManualTime())
    while (budget.take('10.0.0.1', answerBytes));
    budget.add('10.0.0.1', answerBytes)
    expect(budget.take('10.0.0.1', answerBytes)).toBe(true)
  })
})
