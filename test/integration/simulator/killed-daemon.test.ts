import { describe, expect, it } from 'vitest'

import { killWhileDeploying } from '../../torture/kill.ts'

/** A minute alone; others run beside this test. */
const patienceMs = 400_000

describe('a daemon that is killed 25 times while machines deploy', () => {
  it(
    'E01, S01: loses nothing that it has told, and every machine ends deployed without help',
    async () => {
      const options = { count: 25, seed: 20_261_125, print: () => undefined }
      const result = await killWhileDeploying(options)
      expect(result).toMatchObject({ kills: 25, lostWrites: [], undeployed: [] })
      expect(result.deployments).toBeGreaterThanOrEqual(4)
      console.log(
        `${result.deployments} deployments under 25 kills, slowest start ${Math.round(result.slowestStartMs)} ms`,
      )
    },
    patienceMs,
  )
})
