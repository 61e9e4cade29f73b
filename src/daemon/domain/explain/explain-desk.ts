import type { Clock } from '../../../base/clock.ts'
import type { Explanation } from '../../../contract/explanation.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import type { EventLog } from '../event/event-log.ts'
import { MachineNotFoundError } from '../machine/errors.ts'
import { explainMachine } from './explain-machine.ts'
import { HopLog } from './hop-log.ts'
import { situationOf } from './situation.ts'

/** Answers why a machine is where it is. */
export interface ExplainDesk {
  /** @throws {MachineNotFoundError} */
  explain(reference: string): Promise<Explanation>
}

export interface ExplainSources {
  readonly events: EventLog
  readonly findMachine: (reference: string) => Promise<Machine | undefined>
  readonly findRun: (id: string) => Promise<Run | undefined>
  readonly clock: Clock
}

/** Events that are looked through at the start; what happened before is not explained any more. */
const eventsRemembered = 2000

/** Follows the events until it is disposed. */
export async function openExplainDesk(sources: ExplainSources): Promise<ExplainDesk & Disposable> {
  const { events, findMachine, findRun, clock } = sources
  const log = new HopLog()
  const since = Math.max(0, events.lastSeq() - eventsRemembered)
  for (const event of await events.readSince(since, eventsRemembered)) log.take(event)
  const stop = events.onCommitted((event) => log.take(event))
  return {
    explain: async (reference) => {
      const machine = await findMachine(reference)
      if (machine === undefined) throw new MachineNotFoundError(reference)
      const run = machine.runId === undefined ? undefined : await findRun(machine.runId)
      const hops = log.hopsOf([...machine.macAddresses, machine.id])
      const nowMs = clock.nowMs()
      const otherServer = log.otherServer(nowMs)
      return explainMachine(situationOf({ machine, run, hops, otherServer, nowMs }), log)
    },
    [Symbol.dispose]: stop,
  }
}
