import { readdirSync } from 'node:fs'

import type { FuzzTarget } from './fuzz-target.ts'
import { mutate, seededDraw } from './mutate.ts'

/** A case that a decoder did not survive; `seed` draws the same bytes again. */
export interface FuzzFailure {
  readonly target: string
  readonly seed: number
  readonly bytesHex: string
  readonly error: unknown
}

export interface FuzzCount {
  readonly name: string
  readonly cases: number
  readonly failures: readonly FuzzFailure[]
}

/** Failures kept of one target; the rest would say the same. */
const mostFailures = 5

/** Every target in `test/fuzz/*.fuzz.ts`. */
export async function loadFuzzTargets(): Promise<readonly FuzzTarget[]> {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.fuzz.ts'))
  const modules = await Promise.all(
    files.map(async (file) => {
      const { href } = new URL(file, import.meta.url)
      return (await import(href)) as { fuzzTargets: readonly FuzzTarget[] }
    }),
  )
  return modules.flatMap(({ fuzzTargets }) => fuzzTargets)
}

/** Tries case after case while `goesOn`, asked once every hundred. */
export async function fuzzTarget(
  target: FuzzTarget,
  firstSeed: number,
  goesOn: (cases: number) => boolean,
): Promise<FuzzCount> {
  const failures: FuzzFailure[] = []
  let cases = 0
  while (goesOn(cases) && failures.length < mostFailures) {
    for (let left = 100; left > 0; left--) {
      const seed = firstSeed + ++cases
      const bytes = mutate(target.seeds, seededDraw(seed * 2_654_435_761))
      try {
        const trying = target.tryBytes(bytes)
        if (trying instanceof Promise) await trying
      } catch (error) {
        const bytesHex = Buffer.from(bytes).toString('hex')
        failures.push({ target: target.name, seed, bytesHex, error })
      }
    }
  }
  return { name: target.name, cases, failures }
}
