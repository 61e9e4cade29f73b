import { type MacAddress, readMacAddress } from '../../../base/mac-address.ts'
import type { Machine } from '../../../contract/machine.ts'
import { factsOfMachine, type IdentityFacts } from './identity/identity-facts.ts'

/** Every machine, by whatever one may be asked for. */
export class MachineIndex {
  readonly #machines = new Map<string, Machine>()
  readonly #idOfName = new Map<string, string>()
  readonly #idsOf = new Map<string, Set<string>>()
  /** How many machines in conflict name a machine as one that they look like. */
  readonly #contested = new Map<string, Set<string>>()

  all(): readonly Machine[] {
    return [...this.#machines.values()]
  }

  get(id: string): Machine | undefined {
    return this.#machines.get(id)
  }

  called(name: string): Machine | undefined {
    return this.#machines.get(this.#idOfName.get(name) ?? '')
  }

  /** One that is out of use leaves its address to whoever has it now. */
  at(address: MacAddress): Machine | undefined {
    const machines = this.#bearersOf(`mac ${address}`)
    return machines.find(({ retirement }) => retirement === undefined) ?? machines[0]
  }

  /** By id, name or MAC address in any spelling. */
  find(reference: string): Machine | undefined {
    const address = readMacAddress(reference)
    return (
      this.get(reference) ??
      this.called(reference) ??
      (address === undefined ? undefined : this.at(address))
    )
  }

  /** Those in use that have an address, the serial number or the UUID. */
  like(facts: IdentityFacts): readonly Machine[] {
    const found = keysOf(facts).flatMap((key) => this.#bearersOf(key))
    return [...new Set(found)].filter(({ retirement }) => retirement === undefined)
  }

  /** The machines in conflict that look like this one. */
  contesting(id: string): readonly Machine[] {
    const ids = [...(this.#contested.get(id) ?? [])]
    const machines = ids.flatMap((each) => this.get(each) ?? [])
    return machines.filter(({ retirement }) => retirement === undefined)
  }

  set(machine: Machine): void {
    const { id } = machine
    this.#forgetKeys(id)
    this.#machines.set(id, machine)
    this.#idOfName.set(machine.name, id)
    for (const key of keysOf(factsOfMachine(machine))) addTo(this.#idsOf, key, id)
    for (const { machineId } of machine.conflict?.others ?? []) {
      addTo(this.#contested, machineId, id)
    }
  }

  delete(id: string): void {
    this.#forgetKeys(id)
    this.#machines.delete(id)
  }

  #forgetKeys(id: string): void {
    const machine = this.#machines.get(id)
    if (machine === undefined) return
    if (this.#idOfName.get(machine.name) === id) this.#idOfName.delete(machine.name)
    for (const key of keysOf(factsOfMachine(machine))) takeFrom(this.#idsOf, key, id)
    for (const { machineId } of machine.conflict?.others ?? []) {
      takeFrom(this.#contested, machineId, id)
    }
  }

  #bearersOf(key: string): readonly Machine[] {
    return [...(this.#idsOf.get(key) ?? [])].flatMap((id) => this.get(id) ?? [])
  }
}

function keysOf({ macAddresses, serialNumber, uuid }: IdentityFacts): readonly string[] {
  return [
    ...macAddresses.map((address) => `mac ${address}`),
    ...(serialNumber === undefined ? [] : [`serial ${serialNumber}`]),
    ...(uuid === undefined ? [] : [`uuid ${uuid}`]),
  ]
}

function addTo(sets: Map<string, Set<string>>, key: string, id: string): void {
  const set = sets.get(key)
  if (set === undefined) sets.set(key, new Set([id]))
  else set.add(id)
}

function takeFrom(sets: Map<string, Set<string>>, key: string, id: string): void {
  const set = sets.get(key)
  set?.delete(id)
  if (set?.size === 0) sets.delete(key)
}
