import { existsSync } from 'node:fs'
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'
import { join } from 'node:path'

type Interfaces = Readonly<Partial<Record<string, NetworkInterfaceInfo[]>>>

let lastSeen: Interfaces = {}

/** This host's interfaces that have a carrier; as they were last where no file descriptor is left to ask. */
export function interfacesNow(): Interfaces {
  try {
    lastSeen = networkInterfaces()
  } catch {
    // Told again at the next look; whoever needs one now is served with what was true.
  }
  return lastSeen
}

/** Whether the kernel lists the interface: asked without a file descriptor. */
export function interfaceIsListed(interfaceName: string): boolean {
  return existsSync(join('/sys/class/net', interfaceName))
}
