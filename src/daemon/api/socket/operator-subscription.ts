import { topicMatches } from '../../../contract/event.ts'
import type { OperatorToDaemon } from '../../../contract/operator-frames.ts'
import type { Caller } from '../../domain/access/caller.ts'
import { MachineSight } from '../../domain/access/machine-sight.ts'
import {
  type EventBatch,
  followEvents,
  SubscriberLaggingError,
} from '../../domain/event/follow-events.ts'
import type { OperatorServices } from '../operator-services.ts'
import type { EventTexts } from './event-texts.ts'
import type { FrameSender } from './frame-sender.ts'
import { ProgressRelay } from './progress-relay.ts'

/** Events that a subscriber may fall behind: more than one commit can hold, so that a burst alone sends nobody away. */
const maximumBehind = 20_000

export interface SubscriptionServices extends Pick<OperatorServices, 'runs' | 'events'> {
  readonly caller: Caller
  readonly texts: EventTexts
  readonly sender: FrameSender
}

type Subscribe = Extract<OperatorToDaemon, { frame: 'subscribe' }>

/**
 * Serves one subscription until `signal` aborts: the snapshot, what was missed, what happens. Progress is
 * sent to whoever's topics cover `run.progress.<run id>`. A subscriber that is too slow is told `lagging`.
 */
export async function runSubscription(
  { id, topics, since, batch: isBatched = false }: Subscribe,
  { runs, events, caller, texts, sender }: SubscriptionServices,
  signal: AbortSignal,
): Promise<void> {
  const { seq, machines, runs: allRuns } = await runs.snapshot()
  const sight = new MachineSight(caller, machines)
  await sender.send({
    ...{ frame: 'subscribed', id, seq },
    machines: machines.filter((machine) => sight.seesMachine(machine.id)),
    runs: allRuns.filter((run) => sight.seesMachine(run.machineId)),
  })
  const relay = new ProgressRelay(id, sender)
  const stopProgress = runs.onProgress((report) => {
    const named = { type: 'run', action: 'progress', key: report.runId }
    const isWanted = topics.some((topic) => topicMatches(topic, named))
    if (isWanted && sight.seesMachine(report.machineId)) relay.push(report)
  })
  const covered = texts.selection(topics)
  const isLimited = caller.covers !== undefined
  const select = isLimited
    ? (batch: EventBatch) => covered(batch.filter((event) => sight.sees(event)))
    : covered
  // A cursor from another database may lie ahead of ours: the snapshot is then the truth.
  let lastSeq = Math.min(since ?? seq, seq)
  try {
    const options = { since: lastSeq, select, maximumBehind, signal }
    for await (const batch of followEvents(events, options)) {
      if (isBatched) await sender.sendBatch(id, batch, texts)
      else await sender.sendEach(id, batch, texts)
      lastSeq = batch.at(-1)?.seq ?? lastSeq
    }
  } catch (thrown) {
    if (!(thrown instanceof SubscriberLaggingError)) throw thrown
    await sender.send({ frame: 'lagging', id, lastSeq })
  } finally {
    stopProgress()
  }
}
