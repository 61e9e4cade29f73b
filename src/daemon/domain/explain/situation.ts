import type { Machine } from '../../../contract/machine.ts'
import { finalRunStates, type Run, type RunTask } from '../../../contract/run.ts'
import { type Hop, hopKey } from './hop.ts'

/** Everything that a rule may look at. */
export interface Situation {
  readonly machine: Machine
  /** The one under way, or the last one. */
  readonly run?: Run
  readonly isRunUnderWay: boolean
  /** The task under way. */
  readonly task?: RunTask
  /** Of this boot, oldest first. */
  readonly boot: readonly Hop[]
  /** The last of them. */
  readonly last?: Hop
  /** The address of another DHCP server that was heard lately. */
  readonly otherServer?: string
  readonly nowMs: number
}

export interface SituationFacts {
  readonly machine: Machine
  readonly run: Run | undefined
  /** Of many boots, oldest first. */
  readonly hops: readonly Hop[]
  readonly otherServer?: string | undefined
  readonly nowMs: number
}

export function situationOf(facts: SituationFacts): Situation {
  const { machine, run, hops, otherServer, nowMs } = facts
  const boot = hopsOfLastBoot(hops)
  const last = boot.at(-1)
  const isRunUnderWay = run !== undefined && !finalRunStates.includes(run.state)
  const task = isRunUnderWay ? run.tasks[run.taskIndex] : undefined
  return {
    machine,
    ...(run === undefined ? {} : { run }),
    isRunUnderWay,
    ...(task === undefined ? {} : { task }),
    boot,
    ...(last === undefined ? {} : { last }),
    ...(otherServer === undefined ? {} : { otherServer }),
    nowMs,
  }
}

/** Firmware that asks begins a boot; one that asks again and again for the same thing does not. */
function hopsOfLastBoot(hops: readonly Hop[]): readonly Hop[] {
  const start = hops.findLastIndex((hop, index) => {
    const before = hops[index - 1]
    return isAsking(hop) && (before === undefined || !isAsking(before))
  })
  return start === -1 ? hops : hops.slice(start)
}

function isAsking({ kind, program }: Hop): boolean {
  return (
    program === 'firmware' &&
    ['offer', 'pool-full', 'refused', 'declined', 'proxy-offer', 'unserved'].includes(kind)
  )
}

/** Whether the last hop is that one: `ipxe offer`, `kernel`. */
export function endsWith({ last }: Situation, key: string): boolean {
  return last !== undefined && hopKey(last) === key
}

export function has({ boot }: Situation, key: string): boolean {
  return boot.some((hop) => hopKey(hop) === key)
}
