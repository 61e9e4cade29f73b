import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

import { messageOf } from '../../base/coded-error.ts'
import type { OperatorServices } from './operator-services.ts'
import { problemOf } from './problem.ts'

export interface UploadedImage {
  readonly name: string
  readonly version: string
  readonly source: IncomingMessage
}

/** At most this often a progress line is sent. */
const progressIntervalMs = 250

/**
 * Imports an upload and answers as newline-delimited JSON: `{"rawBytes":n}` while it goes on, then one
 * `{"image":…}` or `{"problem":…}`. A client that goes away cancels the import.
 */
export function importStream(
  { importer, importSources, clock, logger }: OperatorServices,
  { name, version, source: bytes }: UploadedImage,
): Readable {
  const cancel = new AbortController()
  const lines = new Readable({
    read: () => undefined,
    destroy: (error, done) => {
      cancel.abort()
      done(error)
    },
  })
  const write = (line: object) => lines.push(`${JSON.stringify(line)}\n`)
  let lastProgressMs = clock.monotonicMs()
  const onProgress = (rawBytes: number) => {
    if (clock.monotonicMs() - lastProgressMs < progressIntervalMs) return
    lastProgressMs = clock.monotonicMs()
    write({ rawBytes })
  }
  const finish = (line: object) => {
    if (lines.destroyed) return
    write(line)
    lines.push(null)
    // What the importer left unread would otherwise keep the client waiting with its upload.
    bytes.resume()
  }
  const from = { kind: 'upload', origin: { kind: 'stdin' }, bytes } as const
  const source = importSources.open({ from, signal: cancel.signal })
  importer.importImage({ name, version, source, onProgress, signal: cancel.signal }).then(
    ({ image }) => finish({ image }),
    (thrown: unknown) => {
      logger.warn({ image: name, reason: messageOf(thrown) }, 'image not imported')
      finish({ problem: problemOf(thrown) })
    },
  )
  return lines
}
