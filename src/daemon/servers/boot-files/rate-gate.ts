import type { Clock } from '../../../base/clock.ts'

export interface RateGateLimits {
  /** Admitted at once after a silence. */
  readonly burst: number
  /** Admitted in the long run. */
  readonly perSecond: number
}

/** Admits so many a second for each key; `admit` tells how many were held back since the last one. */
export interface RateGate {
  /** Undefined when this one is held back. */
  admit(key: string): number | undefined
  /** Whether the next one would be admitted; counts nothing. */
  hasRoom(key: string): boolean
}

interface Bucket {
  tokens: number
  refilledAtMs: number
  heldBack: number
}

/** Keys remembered for sure; what was asked about longest ago is forgotten, many at a time. */
const rememberedKeys = 2048

/** A token bucket for each key: for answers that an attacker could multiply, and for log lines. */
export function createRateGate(
  clock: Pick<Clock, 'monotonicMs'>,
  { burst, perSecond }: RateGateLimits,
): RateGate {
  // Two generations: forgetting one key of a Map for each that comes costs more than the rest of a packet.
  let recent = new Map<string, Bucket>()
  let older = new Map<string, Bucket>()
  const bucketOf = (key: string, nowMs: number): Bucket => {
    const known = recent.get(key)
    if (known !== undefined) return known
    if (recent.size >= rememberedKeys) {
      older = recent
      recent = new Map()
    }
    const bucket = older.get(key) ?? { tokens: burst, refilledAtMs: nowMs, heldBack: 0 }
    recent.set(key, bucket)
    return bucket
  }
  const refilled = (key: string): Bucket => {
    const nowMs = clock.monotonicMs()
    const bucket = bucketOf(key, nowMs)
    const refill = ((nowMs - bucket.refilledAtMs) / 1000) * perSecond
    bucket.tokens = Math.min(burst, bucket.tokens + refill)
    bucket.refilledAtMs = nowMs
    return bucket
  }
  return {
    hasRoom: (key) => refilled(key).tokens >= 1,
    admit: (key) => {
      const bucket = refilled(key)
      if (bucket.tokens < 1) {
        bucket.heldBack++
        return undefined
      }
      bucket.tokens--
      const { heldBack } = bucket
      bucket.heldBack = 0
      return heldBack
    },
  }
}
