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
}

interface Bucket {
  tokens: number
  refilledAtMs: number
  heldBack: number
}

/** Keys remembered; the one that came first is forgotten when there are more. */
const mostKeys = 4096

/** A token bucket for each key: for answers that an attacker could multiply, and for log lines. */
export function createRateGate(
  clock: Pick<Clock, 'monotonicMs'>,
  { burst, perSecond }: RateGateLimits,
): RateGate {
  const buckets = new Map<string, Bucket>()
  const bucketOf = (key: string): Bucket => {
    const known = buckets.get(key)
    if (known !== undefined) return known
    if (buckets.size >= mostKeys) buckets.delete(buckets.keys().next().value ?? '')
    const bucket = { tokens: burst, refilledAtMs: clock.monotonicMs(), heldBack: 0 }
    buckets.set(key, bucket)
    return bucket
  }
  return {
    admit: (key) => {
      const bucket = bucketOf(key)
      const nowMs = clock.monotonicMs()
      const refill = ((nowMs - bucket.refilledAtMs) / 1000) * perSecond
      bucket.tokens = Math.min(burst, bucket.tokens + refill)
      bucket.refilledAtMs = nowMs
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
