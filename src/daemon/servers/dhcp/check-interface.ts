import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'

import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import { AddressMissingError, InterfaceMissingError } from './errors.ts'

/**
 * Refuses an interface that does not exist or that lacks the address which clients are to be told.
 *
 * @throws {InterfaceMissingError}
 * @throws {AddressMissingError}
 */
export async function checkInterface(
  interfaceName: string,
  address: Ipv4Address,
  prefixLength: number,
): Promise<void> {
  const known = interfaceNames(await readFile('/proc/net/dev', 'utf8'))
  if (!known.includes(interfaceName)) throw new InterfaceMissingError(interfaceName, known)
  const addresses = networkInterfaces()[interfaceName]
  // An interface without carrier is not listed; then it must do that some interface has the address.
  const hasAddress =
    addresses === undefined
      ? await isLocalAddress(address)
      : addresses.some((entry) => entry.address === address)
  if (!hasAddress) throw new AddressMissingError(interfaceName, address, prefixLength)
}

/** Of proc(5)'s `/proc/net/dev`, which shows this process's own network namespace. */
function interfaceNames(table: string): string[] {
  return table.split('\n').flatMap((line) => /^\s*([^\s:|]+):/.exec(line)?.[1] ?? [])
}

async function isLocalAddress(address: Ipv4Address): Promise<boolean> {
  const socket = createSocket('udp4')
  try {
    socket.bind({ address, port: 0 })
    await once(socket, 'listening')
    return true
  } catch {
    return false
  } finally {
    socket.close()
  }
}
