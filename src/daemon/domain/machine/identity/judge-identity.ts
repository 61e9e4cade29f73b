import type { IdentityConflict } from '../../../../contract/machine-standing.ts'
import type { Machine } from '../../../../contract/machine.ts'
import {
  compareIdentity,
  isAlike,
  type Likeness,
  likenessText,
  sameMachineScore,
} from './compare-identity.ts'
import { factsOfMachine, type IdentityFacts } from './identity-facts.ts'

export interface IdentityQuestion {
  /** What the agent shows. */
  readonly claim: IdentityFacts
  /** The machine on record that has the address that was booted from. */
  readonly owner: Machine
  /** Every other machine that has an address, a serial number or a UUID of the claim. */
  readonly others: readonly Machine[]
}

export type IdentityVerdict =
  /** The machine on record that it is. */
  | { readonly kind: 'same'; readonly machine: Machine; readonly changes: readonly string[] }
  /** Seen for the first time, and like nobody. */
  | { readonly kind: 'new' }
  | {
      readonly kind: 'conflict'
      readonly conflict: Pick<IdentityConflict, 'kind' | 'because' | 'others'>
    }

/**
 * Which machine an agent runs on, by its cards, its serial number and its UUID. Clear facts decide;
 * where they do not, a person does: nothing is merged or told apart on a likeness alone.
 */
export function judgeIdentity(question: IdentityQuestion): IdentityVerdict {
  const { claim, owner, others } = withoutSharedValues(question)
  const alike = others
    .map((machine) => ({ machine, likeness: compareIdentity(claim, factsOfMachine(machine)) }))
    .filter(({ likeness }) => isAlike(likeness))
  if (owner.inventory === undefined) return judgeNewcomer(owner, alike)
  const likeness = compareIdentity(claim, factsOfMachine(owner))
  if (likeness.score >= sameMachineScore) {
    return { kind: 'same', machine: owner, changes: changesOf(claim, owner, likeness) }
  }
  return {
    kind: 'conflict',
    conflict: {
      kind: 'contradicts',
      because: `it booted by an address of ${owner.name} and is not like it (${likenessText(likeness)}): was the card moved, or the board replaced?`,
      others: othersOf(alike),
    },
  }
}

interface Candidate {
  readonly machine: Machine
  readonly likeness: Likeness
}

/** Its address is on record and nothing else: it may be a known machine that boots from another card. */
function judgeNewcomer(owner: Machine, alike: readonly Candidate[]): IdentityVerdict {
  const [first] = alike
  if (first === undefined) return { kind: 'new' }
  const { machine, likeness } = first
  const isClear =
    alike.length === 1 &&
    likeness.score >= sameMachineScore &&
    likeness.sharedAddresses.length > 0 &&
    machine.conflict === undefined
  // A record that a person made is not taken away.
  if (isClear && owner.foundBy === 'network') {
    return { kind: 'same', machine, changes: ['booted from a card that was not on record'] }
  }
  const what = alike.map((each) => `${each.machine.name} (${likenessText(each.likeness)})`)
  const because = `it looks like ${what.slice(0, 4).join(' and ')}`
  return { kind: 'conflict', conflict: { kind: 'resembles', because, others: othersOf(alike) } }
}

function othersOf(alike: readonly Candidate[]): IdentityConflict['others'] {
  return alike.slice(0, 16).map(({ machine, likeness }) => ({
    machineId: machine.id,
    machineName: machine.name,
    because: likenessText(likeness).slice(0, 300),
  }))
}

/** A serial number or UUID that two machines have whom a person or their cards told apart is none. */
function withoutSharedValues({ claim, owner, others }: IdentityQuestion): IdentityQuestion {
  const settled = [owner, ...others].filter(({ conflict }) => conflict === undefined)
  const bearers = (value: 'serialNumber' | 'uuid') =>
    settled.filter((machine) => factsOfMachine(machine)[value] === claim[value]).length
  const { serialNumber, uuid, ...rest } = claim
  const isOwn = (value: 'serialNumber' | 'uuid') => claim[value] !== undefined && bearers(value) < 2
  return {
    claim: {
      ...rest,
      ...(serialNumber !== undefined && isOwn('serialNumber') ? { serialNumber } : {}),
      ...(uuid !== undefined && isOwn('uuid') ? { uuid } : {}),
    },
    owner,
    others,
  }
}

/** What is not as the record has it, for the machine's timeline. */
function changesOf(claim: IdentityFacts, owner: Machine, likeness: Likeness): string[] {
  const known = factsOfMachine(owner)
  const added = claim.macAddresses.filter((address) => !known.macAddresses.includes(address))
  return [
    ...likeness.differs
      .filter((what) => what !== 'network cards')
      .map((what) =>
        what === 'UUID'
          ? `UUID ${known.uuid} is now ${claim.uuid}`
          : `serial number ${known.serialNumber} is now ${claim.serialNumber}`,
      ),
    ...added.map((address) => `network card ${address} is new`),
  ]
}
