import type { Clock } from '../base/clock.ts'
import { CodedError, messageOf } from '../base/coded-error.ts'
import type { Logger } from '../base/logger.ts'
import type { CurrentContent } from './current-content.ts'
import type { EventSink } from './domain/event/event-sink.ts'
import type { Subnet } from './domain/lease/subnet.ts'
import { DocumentInvalidError } from './store/content/document-fault.ts'
import type { LoadedContent } from './store/content/load-content.ts'

export interface ContentReloadOptions {
  readonly current: CurrentContent
  readonly load: () => Promise<LoadedContent>
  /** Takes these subnets into service as a whole; throws and leaves those in service as they are. */
  readonly serveSubnets: (subnets: readonly Subnet[]) => Promise<void>
  readonly events: EventSink
  readonly clock: Clock
  readonly logger: Logger
}

/** More faults than a person corrects in one go; the log has them all. */
const mostFaults = 50

/**
 * Reads the content folders again, whole or not at all: what is wrong is told by log and event, and the
 * content that is in force stays. One reload after the other. The function returned never rejects.
 */
export function contentReload(options: ContentReloadOptions): () => Promise<void> {
  let last = Promise.resolve()
  return () => (last = last.then(() => reload(options)))
}

async function reload(options: ContentReloadOptions): Promise<void> {
  const { current, load, serveSubnets, logger } = options
  try {
    const content = await load()
    await serveSubnets(content.subnets)
    current.replace(content)
    const counts = { files: content.files.length, subnets: content.subnets.length }
    logger.info(counts, 'content read again')
    record(options, 'reloaded', counts)
  } catch (thrown) {
    const code = thrown instanceof CodedError ? { code: thrown.code } : {}
    const reason = messageOf(thrown)
    logger.error({ ...code, reason }, 'content not taken: what was in force stays')
    record(options, 'refused', { ...code, ...whatIsWrong(thrown, reason) })
  }
}

type Facts = Parameters<EventSink['record']>[0]['body']

function whatIsWrong(thrown: unknown, reason: string): Facts {
  if (!(thrown instanceof DocumentInvalidError)) return { reason }
  const faults = thrown.faults.slice(0, mostFaults).map(({ file, line, column, path, message }) => {
    const what = path === '' ? message : `${path}: ${message}`
    return `${file}:${line}:${column} ${what}`
  })
  return { reason: reason.split('\n')[0] ?? reason, faults }
}

function record({ events, clock }: ContentReloadOptions, action: string, body: Facts): void {
  const timeMs = clock.nowMs()
  events.record({ timeMs, type: 'content', action, key: 'folders', principal: 'daemon', body })
}
