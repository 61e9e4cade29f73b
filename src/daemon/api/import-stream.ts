import { Readable } from 'node:stream'

import { messageOf } from '../../base/coded-error.ts'
import type { CpuArch } from '../../base/cpu-arch.ts'
import type { ImportLine } from '../../contract/image-import.ts'
import type { ImageVerity } from '../../contract/image-verity.ts'
import type { ImportOrder } from '../domain/image/import-source.ts'
import type { OperatorServices } from './operator-services.ts'
import { problemOf } from './requests/problem.ts'

export interface OrderedImport {
  readonly name: string
  readonly version: string
  readonly arch: CpuArch
  readonly verity?: ImageVerity
  readonly order: ImportOrder
  readonly principal: string
  /** Called when nothing more will be read of what is sent. */
  readonly onEnd: () => void
}

/** At most this often a progress line is sent. */
const progressIntervalMs = 250

/**
 * Imports an image and answers as newline-delimited JSON: progress while it goes on, then one
 * `{"image":…}` or `{"problem":…}`. A client that goes away cancels the import.
 */
export function importStream(services: OperatorServices, ordered: OrderedImport): Readable {
  const { clock, logger } = services
  const cancel = new AbortController()
  const lines = new Readable({
    read: () => undefined,
    destroy: (error, done) => {
      cancel.abort()
      done(error)
    },
  })
  const write = (line: ImportLine) => lines.push(`${JSON.stringify(line)}\n`)
  let progress: { sourceBytes: number; totalBytes?: number; rawBytes: number } = {
    sourceBytes: 0,
    rawBytes: 0,
  }
  let lastProgressMs = clock.monotonicMs()
  const report = (change: Partial<typeof progress>) => {
    progress = { ...progress, ...change }
    if (clock.monotonicMs() - lastProgressMs < progressIntervalMs) return
    lastProgressMs = clock.monotonicMs()
    write(progress)
  }
  const finish = (line: ImportLine) => {
    if (lines.destroyed) return
    write(line)
    lines.push(null)
    ordered.onEnd()
  }
  importOrdered(services, ordered, { report, signal: cancel.signal }).then(
    ({ image }) => finish({ image }),
    (thrown: unknown) => {
      logger.warn({ image: ordered.name, reason: messageOf(thrown) }, 'image not imported')
      finish({ problem: problemOf(thrown) })
    },
  )
  return lines
}

interface ImportWatch {
  readonly signal: AbortSignal
  report(change: { sourceBytes?: number; totalBytes?: number; rawBytes?: number }): void
}

async function importOrdered(
  { importer, importSources }: OperatorServices,
  { order, onEnd: _done, ...wanted }: OrderedImport,
  { report, signal }: ImportWatch,
) {
  const source = importSources.open({
    ...order,
    signal,
    onArrival: (sourceBytes, totalBytes) =>
      report({ sourceBytes, ...(totalBytes === undefined ? {} : { totalBytes }) }),
  })
  const onProgress = (rawBytes: number) => report({ rawBytes })
  return importer.importImage({ ...wanted, source, onProgress, signal })
}
