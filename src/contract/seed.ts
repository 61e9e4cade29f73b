import { z } from 'zod'

import { MEBIBYTE } from '../base/byte-size.ts'
import { paramNameSchema } from './param.ts'
import { nameSchema } from './values.ts'

/** Where the system looks for its seed: the format of the files and the label of their volume. */
export const seedDatasources = ['nocloud', 'config-drive'] as const
export type SeedDatasource = (typeof seedDatasources)[number]

const wordSchema = z.string().regex(/^[a-z][A-Za-z0-9]{0,62}$/, 'expected a word such as adminUser')
const mappingSchema = z.record(z.string(), z.json())
/** Parts joined by `/`, none of them `.` or `..`. */
const volumePathSchema = z
  .string()
  .max(255)
  .regex(/^(?!(?:.*\/)?\.{1,2}(?:\/|$))[\w.-]+(?:\/[\w.-]+)*$/, 'expected a path on the volume')
const textSchema = z.string().max(65_536)

/**
 * `seeds/NAME/seed.yaml`: what a role's machines are told on their first boot. Every text in it may be a
 * Liquid template; the words that it may name are listed in docs/first-boot.md.
 */
export const seedSchema = z
  .strictObject({
    name: nameSchema,
    description: z.string().optional(),
    datasource: z.enum(seedDatasources).default('nocloud'),
    /** What a deployment may say (`params.WORD`); one without a default must be said. */
    params: z
      .record(
        wordSchema,
        z.strictObject({
          default: z.string().optional(),
          /** The param of the machine that it is, unless a deployment says another. */
          param: paramNameSchema.optional(),
        }),
      )
      .default({}),
    /** Files in the daemon's folder of secrets (`secrets.WORD`); they are read when the seed is written. */
    secrets: z.record(wordSchema, z.strictObject({ file: nameSchema })).default({}),
    /** cloud-config; what a person gives with a deployment is laid over it. */
    userData: mappingSchema.optional(),
    /** A script in its place, `#!…` or `#ps1…`. It must call `phoneHomeUrl` by itself. */
    userScript: textSchema.regex(/^#(?:!|ps1)/, 'expected a first line #!… or #ps1…').optional(),
    vendorData: mappingSchema.optional(),
    /** Laid over ours, all but the identity of the instance, which is new with every deployment. */
    metaData: mappingSchema.optional(),
    /** In place of ours: netplan version 2 for nocloud, OpenStack's network_data.json for config-drive. */
    networkConfig: mappingSchema.optional(),
    /** Further files on the volume by path: `unattend.xml`. */
    files: z.record(volumePathSchema, textSchema).default({}),
  })
  .refine(({ userData, userScript }) => userData === undefined || userScript === undefined, {
    message: 'userData and userScript exclude each other',
    path: ['userScript'],
  })
export type Seed = z.infer<typeof seedSchema>

/** Volume labels by which systems find their seed. */
export const seedLabels: Readonly<Record<SeedDatasource, 'CIDATA' | 'CONFIG-2'>> = {
  nocloud: 'CIDATA',
  'config-drive': 'CONFIG-2',
}

export const seedVolumeBytes = 4 * MEBIBYTE

/**
 * Where a seed may begin at the earliest: over the image's own backup table, which has moved to the end
 * of the disk. That has a header and 16 KiB of entries at least (UEFI 2.10 §5.3.2), and no partition reaches into it.
 */
export function earliestSeedOffset(imageBytes: number): number {
  return imageBytes - 16_384 - 512
}

/** The smallest disk on which image, seed and the partition table's backup find room. */
export function smallestSeededDisk(imageBytes: number): number {
  const firstMebibyte = Math.ceil(earliestSeedOffset(imageBytes) / MEBIBYTE)
  return (firstMebibyte + 1) * MEBIBYTE + seedVolumeBytes
}
