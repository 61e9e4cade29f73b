import { once } from 'node:events'
import type { Writable } from 'node:stream'

/** How far a decoder was fed. */
export interface Feeding {
  /** Resolves when the source is at its end or the decoder takes no more; rejects when the source fails. */
  readonly ended: Promise<{ readonly givenBytes: number; readonly wholly: boolean }>
  /** The decoder takes no more: nothing else is read of the source. */
  stop(): void
}

/**
 * Writes `source` into a decoder and ends it. Unlike a pipeline it notices a decoder that is done before
 * its input is: the callback of such a write never comes.
 */
export function feedInto(decoder: Writable, source: AsyncIterable<Uint8Array>): Feeding {
  const { promise: stopped, resolve } = Promise.withResolvers<void>()
  let isStopped = false
  const stop = () => {
    isStopped = true
    resolve()
  }
  decoder.once('close', stop)
  const feed = async () => {
    let givenBytes = 0
    for await (const part of source) {
      givenBytes += part.length
      if (isStopped) return { givenBytes, wholly: false }
      if (!decoder.write(part)) {
        const waiting = new AbortController()
        const drained = once(decoder, 'drain', { signal: waiting.signal }).catch(() => undefined)
        await Promise.race([drained, stopped])
        waiting.abort()
      }
      if (isStopped) return { givenBytes, wholly: false }
    }
    decoder.end()
    return { givenBytes, wholly: true }
  }
  const ended = feed()
  // What reads the decoder learns of a failing source by its end; here it only must not go unheard.
  ended.catch((error: unknown) => {
    decoder.destroy(error instanceof Error ? error : new Error(String(error)))
  })
  return { ended, stop }
}
