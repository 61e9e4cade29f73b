import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'

import { GIBIBYTE } from '../base/byte-size.ts'
import { type Ipv4Address, parseIpv4Address } from '../base/ipv4-address.ts'
import { type MacAddress, macAddressFromBytes } from '../base/mac-address.ts'

/** One virtual server of the rack. */
export interface LabMachine {
  readonly name: string
  readonly firmware: 'bios' | 'uefi'
  /** Only what Microsoft's keys vouch for starts on it. */
  readonly secureBoot: boolean
  /** What its UEFI firmware tries: PXE and then HTTP boot, or HTTP boot alone. */
  readonly networkBoot: 'pxe-and-http' | 'http'
  readonly macAddress: MacAddress
  /** SMBIOS type 1. */
  readonly serialNumber: string
  readonly uuid: string
  readonly diskSerial: string
  readonly diskBytes: number
  /** Of a second disk that comes with something on it. Default: there is none. */
  readonly dataDiskBytes?: number
  readonly memoryMegabytes: number
  /** `firmware`: no option ROM, so that EDK2's own PXE is at work. `ipxe`: QEMU's iPXE ROM. */
  readonly networkRom: 'firmware' | 'ipxe'
  /** Name of its tap device inside the lab's namespace. */
  readonly tap: string
  /** Its disk, serial log and control sockets. */
  readonly directory: string
}

/** A rack on paper: where everything of one lab lies and what it is called. */
export interface LabPlan {
  /** The one visible folder; everything of the lab is in it. */
  readonly directory: string
  readonly daemonDirectory: string
  readonly socketPath: string
  /** Of the folder's path, so that two labs on one host never meet. */
  readonly namespace: string
  readonly bridge: string
  readonly daemonAddress: Ipv4Address
  readonly prefixLength: number
  readonly machines: readonly LabMachine[]
  /** YAML folders over those that ship. */
  readonly contentDirectories: readonly string[]
}

export interface LabSize {
  readonly biosMachines: number
  readonly uefiMachines: number
  /** UEFI machines that boot by HTTP and know no PXE. Default 0. */
  readonly httpMachines?: number
  /** UEFI machines with Secure Boot. Default 0. */
  readonly secureMachines?: number
  /** Of a second disk in every machine. Default: there is none. */
  readonly dataDiskBytes?: number
}

type MachineKind = 'uefi' | 'bios' | 'http' | 'secure'

/** Lays out a rack below `directory`. Equal arguments give an equal plan: nothing else records it. */
export function planLab(
  directory: string,
  size: LabSize,
  contentDirectories: readonly string[] = [],
): LabPlan {
  const root = resolve(directory)
  const mark = createHash('sha256').update(root).digest()
  const machine = (kind: MachineKind, number: number, index: number): LabMachine => {
    const name = `${kind}-${number}`
    return {
      name,
      firmware: kind === 'bios' ? 'bios' : 'uefi',
      secureBoot: kind === 'secure',
      networkBoot: kind === 'http' ? 'http' : 'pxe-and-http',
      macAddress: macAddressFromBytes(Uint8Array.of(0x52, 0x54, 0, mark[0] ?? 0, 0xaa, index + 1)),
      serialNumber: `LAB-${name.toUpperCase()}`,
      uuid: uuidOf(createHash('sha256').update(`${root}/${name}`).digest('hex')),
      diskSerial: `DISK-${name.toUpperCase()}`,
      diskBytes: 4 * GIBIBYTE,
      ...(size.dataDiskBytes === undefined ? {} : { dataDiskBytes: size.dataDiskBytes }),
      memoryMegabytes: 2048,
      networkRom: kind === 'bios' || (kind === 'uefi' && number > 1) ? 'ipxe' : 'firmware',
      tap: `tap-${index}`,
      directory: join(root, 'machines', name),
    }
  }
  const several = (kind: MachineKind, length = 0) =>
    Array.from({ length }, (_, index) => [kind, index + 1] as const)
  const names = [
    ...several('uefi', size.uefiMachines),
    ...several('bios', size.biosMachines),
    ...several('http', size.httpMachines),
    ...several('secure', size.secureMachines),
  ]
  const daemonDirectory = join(root, 'daemon')
  return {
    directory: root,
    daemonDirectory,
    socketPath: join(daemonDirectory, 'api.sock'),
    namespace: `repave-lab-${mark.toString('hex', 0, 4)}`,
    bridge: 'rack0',
    daemonAddress: parseIpv4Address('10.77.0.1'),
    prefixLength: 24,
    contentDirectories,
    machines: names.map(([kind, number], index) => machine(kind, number, index)),
  }
}

function uuidOf(hash: string): string {
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `4${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-')
}
