import { z } from 'zod'

import { cpuArchs } from '../base/cpu-arch.ts'
import { bootProgramsSchema } from './boot-programs.ts'
import {
  byteCountSchema,
  ipv4AddressSchema,
  macAddressSchema,
  nameSchema,
  timeMsSchema,
} from './values.ts'

/** One block device as the agent sees it. Strings come from hardware: hostile until shown inert. */
export const diskSchema = z.object({
  /** Kernel name without `/dev/`: `vda`, `nvme0n1`. Changes between boots; never an identity. */
  name: z.string().max(64),
  path: z.string().max(128),
  sizeBytes: byteCountSchema,
  logicalSectorBytes: z.number().int().positive(),
  physicalSectorBytes: z.number().int().positive(),
  /** Absent where the hardware reports none. */
  serial: z.string().max(256).optional(),
  wwn: z.string().max(256).optional(),
  model: z.string().max(256).optional(),
  vendor: z.string().max(256).optional(),
  /** `virtio`, `nvme`, `sata`, `sas`, `scsi`, `usb`, `mmc`, `iscsi`, `fc`, `unknown`. */
  transport: z.string().max(32),
  rotational: z.boolean(),
  removable: z.boolean(),
  readOnly: z.boolean(),
  /** Why the kernel holds it (`mounted`, `swap`, `holder dm-0`), empty when nothing does. */
  inUseBy: z.array(z.string().max(128)),
})
export type Disk = z.infer<typeof diskSchema>

export const networkInterfaceSchema = z.object({
  name: z.string().max(64),
  macAddress: macAddressSchema,
  driver: z.string().max(64).optional(),
  linkUp: z.boolean(),
  speedMegabits: z.number().int().positive().optional(),
  /** Whether the machine network-booted from it. */
  bootedFrom: z.boolean(),
  addresses: z.array(z.string().max(64)),
})

export const inventorySchema = z.object({
  firmwareMode: z.enum(['bios', 'uefi']),
  arch: z.enum(cpuArchs),
  system: z.object({
    manufacturer: z.string().max(256).optional(),
    productName: z.string().max(256).optional(),
    serialNumber: z.string().max(256).optional(),
    /** SMBIOS type 1 UUID, lower case. */
    uuid: z.string().max(64).optional(),
    firmwareVersion: z.string().max(256).optional(),
  }),
  cpu: z.object({ model: z.string().max(256), logicalCores: z.number().int().positive() }),
  memoryBytes: byteCountSchema,
  disks: z.array(diskSchema).max(1024),
  networkInterfaces: z.array(networkInterfaceSchema).max(256),
  kernelRelease: z.string().max(128),
})
export type Inventory = z.infer<typeof inventorySchema>

/**
 * `discovering` seen on the network, no inventory yet · `ready` known, nothing to do ·
 * `deploying` a run is under way · `deployed` its image is proven and has called home ·
 * `failed` its last run failed · `held` boots without progress: waits for a person.
 */
export const machineStates = [
  'discovering',
  'ready',
  'deploying',
  'deployed',
  'failed',
  'held',
] as const

export const machineSchema = z.object({
  id: z.uuid(),
  name: nameSchema,
  state: z.enum(machineStates),
  /** First is the one it boots from. Never empty. */
  macAddresses: z.array(macAddressSchema).min(1),
  address: ipv4AddressSchema.optional(),
  onBoot: z.enum(['local', 'reprovision']),
  /** Over those of its subnet, which stand over the usual ones. */
  bootPrograms: bootProgramsSchema.optional(),
  inventory: inventorySchema.optional(),
  /** The run under way, or the last one. */
  runId: z.uuid().optional(),
  /** Name of the image that is proven on its disk. */
  imageName: nameSchema.optional(),
  createdAtMs: timeMsSchema,
  lastSeenAtMs: timeMsSchema,
  /** Grows by one with every change. */
  revision: z.number().int().nonnegative(),
})
export type Machine = z.infer<typeof machineSchema>
