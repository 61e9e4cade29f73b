import type { KeyRotation } from '../../../contract/image-documents.ts'
import type { EventSink } from '../../domain/event/event-sink.ts'
import type { KeyDesk } from '../../domain/image/key-desk.ts'
import { nodeClock } from '../../process/node-clock.ts'
import type { TrustedKey } from '../boot/served-sledgehammer.ts'
import type { Images } from './open-images.ts'

export interface ImageKeysOptions {
  readonly images: Images
  readonly events: EventSink
  /** Puts the keys into what machines boot. */
  readonly publish: (keys: readonly TrustedKey[]) => Promise<void>
}

/** Keys change hands in an order in which a machine can always believe what it is served. */
export function imageKeys({ images, events, publish }: ImageKeysOptions): KeyDesk {
  const { keys, store } = images
  let underWay: Promise<unknown> = Promise.resolve()
  const rotate = async (principal: string): Promise<KeyRotation> => {
    const retiredKeyId = keys.keyId
    const resignedImages = await store.signAll(keys.next, () => keys.advance())
    await publish(keys.trusted())
    const items = [...(await keys.list())]
    events.record({
      timeMs: nodeClock.nowMs(),
      type: 'key',
      action: 'rotated',
      key: keys.keyId,
      principal,
      body: { retiredKeyId, keyId: keys.keyId, resignedImages },
    })
    return { retiredKeyId, items, resignedImages }
  }
  return {
    listKeys: () => keys.list(),
    rotate: (principal) => {
      const rotation = underWay.then(() => rotate(principal))
      underWay = rotation.catch(() => {})
      return rotation
    },
  }
}
