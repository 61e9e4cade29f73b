import { inertText } from '../../base/ascii.ts'
import { type CpuArch, cpuArchs } from '../../base/cpu-arch.ts'
import type { Inventory } from '../../contract/machine.ts'
import { readBlockDevices } from './block-devices.ts'
import type { KernelFiles } from './kernel-files.ts'
import { type NetworkFacts, readNetworkInterfaces } from './network-interfaces.ts'
import { readSystemIdentity } from './system-identity.ts'

export interface MachineFacts extends NetworkFacts {
  /** `uname -m`. */
  readonly machine: string
}

export interface InventoryReport {
  readonly inventory: Inventory
  /** Disks that are left out because their facts could not be read, with the reason. */
  readonly unreadableDisks: readonly string[]
}

/** What the machine is made of, read from the kernel alone: no disk is touched. */
export function takeInventory(files: KernelFiles, facts: MachineFacts): InventoryReport {
  const { disks, unreadable } = readBlockDevices(files)
  const inventory: Inventory = {
    firmwareMode: files.exists('/sys/firmware/efi') ? 'uefi' : 'bios',
    arch: readArch(facts.machine),
    system: readSystemIdentity(files),
    cpu: readCpu(files),
    memoryBytes: readMemoryBytes(files),
    disks: [...disks],
    networkInterfaces: readNetworkInterfaces(files, facts),
    kernelRelease: inertText(files.optionalText('/proc/sys/kernel/osrelease') ?? 'unknown', 128),
  }
  return { inventory, unreadableDisks: unreadable }
}

function readArch(machine: string): CpuArch {
  return cpuArchs.find((arch) => arch === machine) ?? 'x86_64'
}

function readCpu(files: KernelFiles): Inventory['cpu'] {
  const text = files.optionalText('/proc/cpuinfo') ?? ''
  const model = /^model name\s*:\s*(.+)$/m.exec(text)?.[1] ?? 'unknown'
  const logicalCores = text.match(/^processor\s*:/gm)?.length ?? 1
  return { model: inertText(model.trim(), 256), logicalCores }
}

/** `MemTotal:        2035204 kB` */
function readMemoryBytes(files: KernelFiles): number {
  const kibibytes = /^MemTotal:\s+(\d+) kB$/m.exec(files.optionalText('/proc/meminfo') ?? '')?.[1]
  return Number(kibibytes ?? 0) * 1024
}
