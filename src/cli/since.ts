import { eventListSchema } from '../contract/api-documents.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'
import { readDurationMs } from '../presentation/duration-text.ts'
import { shownText } from '../presentation/shown-text.ts'
import { UsageError } from './errors.ts'

/** The event number that `--since` means: as it was given, or the last one that long ago. @throws {UsageError} for neither */
export async function readSince(
  connection: DaemonConnection,
  since: string | undefined,
): Promise<number | undefined> {
  if (since === undefined) return undefined
  if (/^\d{1,15}$/.test(since)) return Number(since)
  const agoMs = readDurationMs(since)
  if (agoMs === undefined) {
    throw new UsageError(`neither an event number nor a time: --since ${shownText(since)}`, {
      remedy: 'give one such as --since 120 or --since 10m',
    })
  }
  return lastEventBefore(connection, Date.now() - agoMs)
}

/** The number of the last event older than `timeMs`, 0 when there is none: numbers have no gaps, so halving finds it. */
async function lastEventBefore(connection: DaemonConnection, timeMs: number): Promise<number> {
  const eventAfter = async (since: number) =>
    askDaemon(connection, { path: `/events?since=${since}&limit=1` }, eventListSchema)
  let low = 0
  let high = (await eventAfter(0)).seq
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const [event] = (await eventAfter(middle)).items
    if (event === undefined || event.timeMs >= timeMs) high = middle
    else low = middle + 1
  }
  return low
}
