import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import type { Lease } from './lease-store.ts'

/** Who asks, and what is kept for it. */
export interface Applicant {
  readonly macAddress: MacAddress
  readonly reservedAddress?: Ipv4Address | undefined
}

export type Offer =
  | {
      readonly kind: 'offered'
      readonly address: Ipv4Address
      /** Nobody had the address lately and nobody asked whether it is in use, see LeasePool.markUnused. */
      readonly isUntried: boolean
    }
  /** `held-back`: what is left is for known machines. */
  | { readonly kind: 'none'; readonly because: 'pool-full' | 'held-back' }

export type Binding =
  | { readonly kind: 'bound'; readonly lease: Lease }
  | { readonly kind: 'refused'; readonly because: string }

export type Decline = 'quarantined' | 'spared' | 'not-theirs'
