import { readMacAddress, type MacAddress } from '../../../base/mac-address.ts'
import type { NewEvent } from '../../../contract/event.ts'
import type { EventSink } from './event-sink.ts'

/** Leases remembered; the one that came first is forgotten when there are more. */
const mostAddresses = 65_536

/** Finds the machine that has a card with that address. */
export type MachineIdAt = (macAddress: MacAddress) => string | undefined

/**
 * Puts what servers saw on the timeline of the machine it was about, so that one page answers why it is
 * stuck. DHCP names a machine by its MAC address; TFTP and HTTP know the address that it was given, and
 * the ACK that gave it has passed here before.
 */
export function timelineSink(sink: EventSink, machineIdAt: MachineIdAt): EventSink {
  const macAddresses = new Map<string, MacAddress>()
  return {
    record: (event) => {
      learn(event, macAddresses)
      const macAddress = readMacAddress(event.key) ?? macAddresses.get(event.key)
      const machineId =
        event.machineId ?? (macAddress === undefined ? undefined : machineIdAt(macAddress))
      sink.record(machineId === undefined ? event : { ...event, machineId })
    },
  }
}

function learn({ type, action, key, body }: NewEvent, known: Map<string, MacAddress>): void {
  const macAddress = readMacAddress(key)
  const { address } = body
  if (type !== 'dhcp' || action !== 'ack' || macAddress === undefined) return
  if (typeof address !== 'string') return
  known.delete(address)
  known.set(address, macAddress)
  if (known.size > mostAddresses) known.delete(known.keys().next().value ?? '')
}
