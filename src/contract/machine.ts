import { z } from 'zod'

import { cpuArchs } from '../base/cpu-arch.ts'
import { bootProgramsSchema } from './boot-programs.ts'
import { paramValuesSchema } from './param.ts'
import { standingShape } from './machine-standing.ts'
import {
  byteCountSchema,
  digestSchema,
  ipv4AddressSchema,
  macAddressSchema,
  nameSchema,
  timeMsSchema,
} from './values.ts'

/** Something on a disk that others recognise. See src/protocol/disk-signatures/. */
export const diskSignatureSchema = z.object({
  /** As `blkid` calls it: `ext4`, `LVM2_member`, `zfs_member`. */
  kind: z.string().max(64),
  label: z.string().max(128).optional(),
  uuid: z.string().max(64).optional(),
  /** The array, group or pool that it is a part of; `members` counts its devices, this one included. */
  set: z
    .object({
      id: z.string().max(128),
      name: z.string().max(128).optional(),
      members: byteCountSchema,
    })
    .optional(),
  /** Why other machines may use the same device. */
  sharedBy: z.string().max(128).optional(),
})
export type DiskSignature = z.infer<typeof diskSignatureSchema>

/** What lies on a disk. */
export const diskContentsSchema = z.object({
  partitionTable: z.enum(['gpt', 'mbr', 'none']),
  diskGuid: z.string().max(64).optional(),
  /** Of the first MiB, boot code and partition table included: changes when the disk is another. */
  fingerprint: digestSchema,
  signatures: z.array(diskSignatureSchema).max(64),
  partitions: z
    .array(
      z.object({
        number: z.number().int().positive(),
        name: z.string().max(128).optional(),
        /** A GUID, or the byte of a master boot record as `0x83`. */
        type: z.string().max(64),
        sizeBytes: byteCountSchema,
        signatures: z.array(diskSignatureSchema).max(64),
      }),
    )
    .max(1024),
})
export type DiskContents = z.infer<typeof diskContentsSchema>

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
  /** The slot it sits in, as udev calls it below `/dev/disk/by-path`: `pci-0000:00:04.0`. */
  physicalPath: z.string().max(256).optional(),
  /** `virtio`, `nvme`, `sata`, `sas`, `scsi`, `usb`, `mmc`, `sd-card`, `iscsi`, `fc`, `unknown`. */
  transport: z.string().max(32),
  rotational: z.boolean(),
  removable: z.boolean(),
  readOnly: z.boolean(),
  /** Why the kernel holds it (`mounted`, `swap`, `holder dm-0`), empty when nothing does. */
  inUseBy: z.array(z.string().max(128)),
  /** Absent where nobody looked. */
  contents: z.union([diskContentsSchema, z.object({ unreadable: z.string().max(500) })]).optional(),
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
 * `failed` its last run failed · `held` boots without progress: waits for a person · `pending-approval`
 * new, and nobody has said yet that it may be used · `conflict` nobody can say which machine it is ·
 * `retired` out of use.
 */
export const machineStates = [
  'discovering',
  'ready',
  'deploying',
  'deployed',
  'failed',
  'held',
  'pending-approval',
  'conflict',
  'retired',
] as const

/** Names and values that people give a machine: `rack=r1`. */
export const labelsSchema = z
  .record(nameSchema, z.string().min(1).max(128))
  .refine((labels) => Object.keys(labels).length <= 64, 'expected at most 64 labels')

/**
 * What a machine does that boots from the network while nothing is ordered. `local` its disk ·
 * `reprovision` its last deployment anew · `live` the workflow `live-boot` · `workflow:NAME` that one.
 */
export const onBootSchema = z
  .string()
  .max(80)
  .regex(
    /^(?:local|reprovision|live|workflow:[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?)$/,
    'expected local, reprovision, live or workflow:NAME',
  )

/** What erasing its drift has found on a machine so far. */
export const driftSchema = z.object({
  /** Reprovisions of the image that was on it already. */
  reprovisions: z.number().int().nonnegative(),
  /** Those that found its disk changed. */
  corrections: z.number().int().nonnegative(),
  /** What the last one found, in whole chunks. */
  lastBytesDifferent: byteCountSchema,
  totalBytesDifferent: byteCountSchema,
  lastAtMs: timeMsSchema,
})
export type Drift = z.infer<typeof driftSchema>

/** As many as an agent may tell of. */
export const mostProtectedDisks = 1024

export const profileNamesSchema = z.array(nameSchema).max(64)

export const machineSchema = z.object({
  id: z.uuid(),
  name: nameSchema,
  state: z.enum(machineStates),
  /** First is the one it boots from. Never empty. */
  macAddresses: z.array(macAddressSchema).min(1),
  address: ipv4AddressSchema.optional(),
  onBoot: onBootSchema,
  /** For selectors and limits; `rack` is the one that limits of writing go by. */
  labels: labelsSchema.optional(),
  /** Params of its own: they stand over those of its profiles. */
  params: paramValuesSchema.optional(),
  /** Names of profiles: the first that has a param wins. */
  profiles: profileNamesSchema.optional(),
  /** Serials or WWNs of disks that no workflow may write here. */
  protectedDisks: z.array(z.string().min(1).max(256)).max(mostProtectedDisks).optional(),
  /** Over those of its subnet, which stand over the usual ones. */
  bootPrograms: bootProgramsSchema.optional(),
  inventory: inventorySchema.optional(),
  /** The run under way, or the last one. */
  runId: z.uuid().optional(),
  /** Name of the image that is proven on its disk. */
  imageName: nameSchema.optional(),
  /** Of the version that it is. */
  imageDigest: digestSchema.optional(),
  drift: driftSchema.optional(),
  ...standingShape,
  createdAtMs: timeMsSchema,
  lastSeenAtMs: timeMsSchema,
  /** Grows by one with every change. */
  revision: z.number().int().nonnegative(),
})
export type Machine = z.infer<typeof machineSchema>
