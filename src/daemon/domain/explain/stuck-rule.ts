import type { Explanation } from '../../../contract/explanation.ts'
import type { Situation } from './situation.ts'

/** One cause: when it fits, what it means and what to try. */
export interface StuckRule {
  readonly cause: string
  /** `working` turns into `stuck` after a while. */
  readonly state: Explanation['state']
  readonly fits: (situation: Situation) => boolean
  /** What was good, where that is not the last hop. */
  readonly lastGood?: (situation: Situation) => string
  readonly expected?: string | ((situation: Situation) => string)
  /** The step whose usual duration is told: `firmware offer > firmware lease`. */
  readonly step?: string | ((situation: Situation) => string)
  /** Seconds that it may take before it counts as stuck; three times the usual where that is longer. */
  readonly patienceSeconds?: number
  /** Since when, where that is not the last hop. */
  readonly since?: (situation: Situation) => number | undefined
  readonly hint?: string | ((situation: Situation) => string)
}
