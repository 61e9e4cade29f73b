import type { RepaveEvent } from '../../../contract/event.ts'
import type { Machine } from '../../../contract/machine.ts'

/** Whether an event is about a machine: it names it, or its key is an address of it. */
export function isAboutMachine(
  { machineId, key }: Pick<RepaveEvent, 'machineId' | 'key'>,
  machine: Pick<Machine, 'id' | 'macAddresses' | 'address'>,
): boolean {
  if (machineId !== undefined) return machineId === machine.id
  const addresses: readonly (string | undefined)[] = [...machine.macAddresses, machine.address]
  return key !== '' && addresses.includes(key)
}
