import { inertText } from '../../base/ascii.ts'
import { type MacAddress, readMacAddress } from '../../base/mac-address.ts'
import type { Inventory } from '../../contract/machine.ts'
import type { KernelFiles } from './kernel-files.ts'

type NetworkInterface = Inventory['networkInterfaces'][number]

export interface NetworkFacts {
  /** The address that the boot script named. */
  readonly bootMac: MacAddress | undefined
  /** IP addresses of an interface, as `os.networkInterfaces` has them. */
  readonly addressesOf: (interfaceName: string) => readonly string[]
}

/** Ethernet interfaces that are hardware: those with a device behind them. */
export function readNetworkInterfaces(files: KernelFiles, facts: NetworkFacts): NetworkInterface[] {
  return files.names('/sys/class/net').flatMap((name) => {
    const base = `/sys/class/net/${name}`
    if (files.optionalText(`${base}/type`) !== '1' || !files.exists(`${base}/device`)) return []
    const macAddress = readMacAddress(files.optionalText(`${base}/address`) ?? '')
    if (macAddress === undefined) return []
    return [
      {
        name: inertText(name, 64),
        macAddress,
        ...linkFacts(files, base, name, facts),
        bootedFrom: macAddress === facts.bootMac,
      },
    ]
  })
}

function linkFacts(files: KernelFiles, base: string, name: string, facts: NetworkFacts) {
  const driver = files.linkName(`${base}/device/driver`)
  const speed = Number(files.optionalText(`${base}/speed`))
  return {
    ...(driver === undefined ? {} : { driver: inertText(driver, 64) }),
    // Reading `carrier` of an interface that is down fails with EINVAL: that means no link.
    linkUp: files.optionalText(`${base}/carrier`) === '1',
    ...(Number.isInteger(speed) && speed > 0 ? { speedMegabits: speed } : {}),
    addresses: [...facts.addressesOf(name)],
  }
}
