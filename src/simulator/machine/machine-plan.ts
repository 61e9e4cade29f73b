import { type MacAddress, parseMacAddress } from '../../base/mac-address.ts'
import type { MachineFault } from './machine-fault.ts'

/** Everything about one simulated machine, decided before it is switched on. */
export interface MachinePlan {
  readonly name: string
  readonly macAddress: MacAddress
  /** Lower case. */
  readonly systemUuid: string
  readonly serialNumber: string
  readonly diskSerial: string
  readonly firmware: 'bios' | 'uefi'
  /** Where its disk, its /proc and /sys, and its console are. */
  readonly directory: string
  readonly diskBytes: number
  readonly fault: MachineFault
}

export interface PlanOptions {
  /** Holds one folder a machine. */
  readonly directory: string
  readonly diskBytes: number
  /** Default `none`. */
  readonly fault?: MachineFault
  /** Default `bios`. */
  readonly firmware?: MachinePlan['firmware']
}

/** The machine with that number, 0 to 65535: addresses and serials follow from it. */
export function planMachine(index: number, options: PlanOptions): MachinePlan {
  const hex = index.toString(16).padStart(4, '0')
  const name = `node-${index + 1}`
  return {
    name,
    macAddress: parseMacAddress(`525400d0${hex}`),
    systemUuid: `d0d0d0d0-0000-4000-8000-52540000${hex}`,
    serialNumber: `SIM-${hex}`,
    diskSerial: `SIMDISK-${hex}`,
    firmware: options.firmware ?? 'bios',
    directory: `${options.directory}/${name}`,
    diskBytes: options.diskBytes,
    fault: options.fault ?? 'none',
  }
}
