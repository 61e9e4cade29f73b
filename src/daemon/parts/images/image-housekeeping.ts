import { messageOf } from '../../../base/coded-error.ts'
import type { Logger } from '../../../base/logger.ts'
import type { ImageDesk } from '../../domain/image/image-desk.ts'
import type { Timers } from '../../domain/workflow/timers.ts'

const dayMs = 86_400_000

export interface HousekeepingOptions {
  readonly images: Pick<ImageDesk, 'collect' | 'scrub'>
  readonly timers: Timers
  readonly logger: Logger
}

/** Once a day: bytes that nothing needs go, and those that stay are read and compared with their digests. */
export function keepImagesInOrder({
  images,
  timers,
  logger,
}: HousekeepingOptions): AsyncDisposable {
  const end = new AbortController()
  let underWay = Promise.resolve()
  let stop: () => void = () => undefined
  const round = async () => {
    try {
      const { freedBytes, removedImages } = await images.collect(false, 'daemon')
      const { checkedBytes, damagedChunks } = await images.scrub(undefined, 'daemon', end.signal)
      const facts = { freedBytes, removedImages: removedImages.length, checkedBytes, damagedChunks }
      logger.info(facts, 'images are in order')
    } catch (error) {
      if (!end.signal.aborted) logger.error({ error: messageOf(error) }, 'images not checked')
    }
  }
  const arm = () => {
    stop = timers.after(dayMs, () => {
      underWay = round().then(() => {
        if (!end.signal.aborted) arm()
        return undefined
      })
    })
  }
  arm()
  return {
    [Symbol.asyncDispose]: async () => {
      end.abort()
      stop()
      await underWay
    },
  }
}
