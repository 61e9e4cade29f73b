import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type Explanation, explanationSchema } from '../../../src/contract/explanation.ts'
import { askDaemon } from '../../../src/operator-client/daemon-request.ts'
import { explanationSentence } from '../../../src/presentation/explanation-lines.ts'
import type { MachineFault } from '../../../src/simulator/machine/machine-fault.ts'
import { openSimulatedSite, type SimulatedSite } from '../../fakes/simulated-site.ts'

/** What each fault must be explained by, once it has struck. */
const causes: Readonly<Record<Exclude<MachineFault, 'power-cut'>, string>> = {
  none: 'nothing-expected',
  'never-boots': 'never-asked',
  'ignores-offer': 'offer-ignored',
  'stalls-in-tftp': 'first-block-unacknowledged',
  'stops-after-nbp': 'program-silent',
  'fetches-no-kernel': 'kernel-not-fetched',
  'starts-no-agent': 'agent-missing',
  'no-disk': 'no-disk',
  'bad-disk': 'disk-broken',
  'forgetful-disk': 'disk-broken',
  'slow-disk': 'nothing-expected',
  'wrong-time': 'nothing-expected',
  'never-calls-home': 'disk-does-not-call',
  'boots-in-a-loop': 'boot-loop',
}
const faults = Object.keys(causes) as (keyof typeof causes)[]
/** Alone they are all there after fifteen seconds. */
const patienceMs = 120_000

const run = promisify(execFile)

let site: SimulatedSite

beforeAll(async () => {
  site = await openSimulatedSite(faults)
  site.rack.powerOnAll()
}, patienceMs)

afterAll(() => site[Symbol.asyncDispose]())

async function explain(index: number): Promise<Explanation> {
  const path = `/machines/node-${index + 1}/explanation`
  return askDaemon(site.daemon.connection, { path }, explanationSchema)
}

describe('a simulated machine', () => {
  it.each(faults.map((fault, index) => ({ fault, index, cause: causes[fault] })))(
    'with the fault $fault is explained as $cause',
    async ({ index, cause }) => {
      const deadlineMs = performance.now() + patienceMs - 5000
      let explanation = await explain(index)
      while (explanation.cause !== cause && performance.now() < deadlineMs) {
        await Promise.race([sleep(200), site.rack.failed])
        explanation = await explain(index)
      }
      expect(explanation).toMatchObject({ cause })
      console.log(
        `${explanationSentence(explanation, Date.now())}\n  try   ${explanation.hint ?? 'nothing: it is well'}`,
      )
    },
    patienceMs,
  )

  it('is explained on the command line, for people and for programs', async () => {
    const { socketPath } = site.daemon
    const program = join(import.meta.dirname, '../../../bin/repave')
    const words = ['machine', 'explain', 'node-2', '--socket', socketPath]
    const shown = await run(program, words)
    expect(shown.stdout).toMatch(
      /^node-2 is (?:at work|stuck): it is known, and has never been heard of\. /,
    )
    expect(shown.stdout).toMatch(/\n {2}try {3}is it switched on/)
    const told = await run(program, [...words, '--output', 'json'])
    expect(JSON.parse(told.stdout)).toMatchObject({ kind: 'Explanation', cause: 'never-asked' })
    await expect(
      run(program, [...words.slice(0, 2), 'node-99', ...words.slice(3)]),
    ).rejects.toThrow('node-99')
  })
})
