import type { MacAddress } from '../../../../base/mac-address.ts'
import type { IdentityFacts } from './identity-facts.ts'

/** How two sets of facts go together. */
export interface Likeness {
  /** 100 and more: the same machine. */
  readonly score: number
  /** Both are there and differ: something of it is another machine. */
  readonly differs: readonly ('serial number' | 'UUID' | 'network cards')[]
  readonly same: readonly ('serial number' | 'UUID')[]
  readonly sharedAddresses: readonly MacAddress[]
}

/** From here on two sets of facts are of one machine. */
export const sameMachineScore = 100

/**
 * What each fact weighs. All cards of one side among those of the other is as good as proof, also when
 * firmware gave itself a new UUID meanwhile; another serial number outweighs everything but both of the
 * others; a serial number or a UUID by itself proves nothing.
 */
const weights = {
  containedCards: 130,
  someCards: 60,
  sameSerial: 60,
  sameUuid: 50,
  otherSerial: -100,
  otherUuid: -30,
} as const

export function compareIdentity(claim: IdentityFacts, known: IdentityFacts): Likeness {
  const shared = claim.macAddresses.filter((address) => known.macAddresses.includes(address))
  const fewest = Math.min(claim.macAddresses.length, known.macAddresses.length)
  const isContained = shared.length > 0 && shared.length === fewest
  const serial = compared(claim.serialNumber, known.serialNumber)
  const uuid = compared(claim.uuid, known.uuid)
  const cards = isContained ? weights.containedCards : shared.length > 0 ? weights.someCards : 0
  const differs = [
    ...(serial === 'other' ? (['serial number'] as const) : []),
    ...(uuid === 'other' ? (['UUID'] as const) : []),
    ...(isContained ? [] : (['network cards'] as const)),
  ]
  const same = [
    ...(serial === 'same' ? (['serial number'] as const) : []),
    ...(uuid === 'same' ? (['UUID'] as const) : []),
  ]
  const score =
    cards +
    (serial === 'same' ? weights.sameSerial : serial === 'other' ? weights.otherSerial : 0) +
    (uuid === 'same' ? weights.sameUuid : uuid === 'other' ? weights.otherUuid : 0)
  return { score, differs, same, sharedAddresses: shared }
}

/** `unknown` where either side says nothing. */
function compared(
  left: string | undefined,
  right: string | undefined,
): 'same' | 'other' | 'unknown' {
  if (left === undefined || right === undefined) return 'unknown'
  return left === right ? 'same' : 'other'
}

/** Whether they have anything in common. */
export function isAlike({ same, sharedAddresses }: Likeness): boolean {
  return same.length > 0 || sharedAddresses.length > 0
}

/** `same serial number and UUID, other network cards`. */
export function likenessText({ same, differs, sharedAddresses }: Likeness): string {
  const alike = [
    ...(sharedAddresses.length === 0 ? [] : [sharedAddresses.slice(0, 3).join(', ')]),
    ...same,
  ]
  const shares = alike.length === 0 ? 'nothing in common' : `same ${alike.join(' and ')}`
  return differs.length === 0 ? shares : `${shares}, other ${differs.join(' and ')}`
}
