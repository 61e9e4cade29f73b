import { type RepaveEvent, topicMatches } from '../../contract/event.ts'
import type { DaemonToOperator, OperatorToDaemon } from '../../contract/operator-frames.ts'
import type { Caller } from '../domain/access/caller.ts'
import { MachineSight } from '../domain/access/machine-sight.ts'
import { followEvents, SubscriberLaggingError } from '../domain/event/follow-events.ts'
import type { ProgressReport } from '../domain/workflow/run-desk.ts'
import type { OperatorServices } from './operator-services.ts'

/** Live events that may wait for one slow subscriber. */
const bufferLimit = 1024

type Send = (frame: DaemonToOperator) => Promise<void>

/**
 * Serves one subscription until `signal` aborts: the snapshot, what was missed, what happens. Progress is
 * sent to whoever's topics cover `run.progress.<run id>`. A subscriber that is too slow is told `lagging`.
 */
export async function runSubscription(
  { id, topics, since }: Extract<OperatorToDaemon, { frame: 'subscribe' }>,
  { runs, events, caller }: Pick<OperatorServices, 'runs' | 'events'> & { readonly caller: Caller },
  send: Send,
  signal: AbortSignal,
): Promise<void> {
  const { seq, machines, runs: allRuns } = await runs.snapshot()
  const sight = new MachineSight(caller, machines)
  await send({
    ...{ frame: 'subscribed', id, seq },
    machines: machines.filter((machine) => sight.seesMachine(machine.id)),
    runs: allRuns.filter((run) => sight.seesMachine(run.machineId)),
  })
  const wants = (type: string, action: string, key: string) =>
    topics.some((topic) => topicMatches(topic, { type, action, key }))
  const relay = new ProgressRelay(id, send)
  const stopProgress = runs.onProgress((report) => {
    if (!sight.seesMachine(report.machineId)) return
    if (wants('run', 'progress', report.runId)) relay.push(report)
  })
  // A cursor from another database may lie ahead of ours: the snapshot is then the truth.
  let lastSeq = Math.min(since ?? seq, seq)
  const matches = (event: RepaveEvent) =>
    sight.sees(event) && wants(event.type, event.action, event.key)
  try {
    for await (const event of followEvents(events, {
      since: lastSeq,
      matches,
      bufferLimit,
      signal,
    })) {
      await send({ frame: 'event', id, event })
      lastSeq = event.seq
    }
  } catch (thrown) {
    if (!(thrown instanceof SubscriberLaggingError)) throw thrown
    await send({ frame: 'lagging', id, lastSeq })
  } finally {
    stopProgress()
  }
}

/** Sends the newest progress of each run, one frame at a time: a slow reader skips what is outdated. */
class ProgressRelay {
  readonly #id: string
  readonly #send: Send
  readonly #newest = new Map<string, ProgressReport>()
  #sending = false

  constructor(id: string, send: Send) {
    this.#id = id
    this.#send = send
  }

  push(report: ProgressReport): void {
    this.#newest.set(report.runId, report)
    if (!this.#sending) void this.#drain()
  }

  async #drain(): Promise<void> {
    this.#sending = true
    try {
      for (let report = this.#take(); report !== undefined; report = this.#take()) {
        await this.#send({ frame: 'progress', id: this.#id, ...report })
      }
    } catch {
      // The connection is gone; its subscription ends by itself.
    } finally {
      this.#sending = false
    }
  }

  #take(): ProgressReport | undefined {
    const [first] = this.#newest.values()
    if (first !== undefined) this.#newest.delete(first.runId)
    return first
  }
}
