import { z } from 'zod'

import { readByteSize } from '../base/byte-size.ts'
import { cpuArchs } from '../base/cpu-arch.ts'
import { nameSchema } from './values.ts'

const word = (expected: string, pattern: RegExp) =>
  z.string().regex(pattern, `expected ${expected}`)

/** Debian policy §5.6.1. */
const packageNameSchema = word('a Debian package name', /^[a-z0-9][a-z0-9+.-]+$/)
const unitNameSchema = word('a systemd unit with its suffix', /^[\w@:.-]+\.[a-z]+$/)
const pathGlobSchema = word('an absolute path, * allowed', /^\/[\w./*+@-]+$/)
/** cloud-init joins file names to the address of a network seed as it stands: `ds=nocloud;s=http://a/b/`. */
const seedsFromFolder = (argument: string) =>
  !argument.startsWith('ds=nocloud') || !/;s(?:eedfrom)?=[^;]*[^;/](?:;|$)/.test(argument)
const kernelArgumentsSchema = z
  .array(
    word('one kernel argument without spaces', /^[\w.,:;=/@+-]+$/).refine(seedsFromFolder, {
      message: 'the address of a network seed ends with /',
    }),
  )
  .default([])

const byteSizeSchema = z.string().transform((text, context): number => {
  const sizeBytes = readByteSize(text)
  if (sizeBytes !== undefined && sizeBytes % 1_048_576 === 0 && sizeBytes > 0) return sizeBytes
  const message = 'expected a size in whole MiB, such as "1536 MiB"'
  context.issues.push({ code: 'custom', message, input: text })
  return z.NEVER
})

/**
 * Where the root file system lives. `disk`: ext4 that grows into the disk. `verity`: read-only and
 * proven block by block while it runs; what changes lies on a partition of its own. `memory`: the
 * whole system in RAM, the disk left alone.
 */
export const rootKinds = ['disk', 'verity', 'memory'] as const
export type RootKind = (typeof rootKinds)[number]
const rootSchema = z.enum(rootKinds)

/** One line of authorized_keys(5) without options. */
const publicKeySchema = word(
  'a public key as in id_ed25519.pub',
  /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-[\w-]+@openssh\.com) [\w+/]+={0,3}(?: [^\n]{0,200})?$/,
)

const sshSchema = z.strictObject({
  /** Off: the SSH server starts only once a seed has brought someone who may log in. */
  enabled: z.boolean().default(false),
  /** Of root. */
  authorizedKeys: z.array(publicKeySchema).default([]),
})

const unitsSchema = z
  .strictObject({
    enable: z.array(unitNameSchema).default([]),
    disable: z.array(unitNameSchema).default([]),
    mask: z.array(unitNameSchema).default([]),
  })
  .default({ enable: [], disable: [], mask: [] })

/** What every recipe may add, whether it stands alone or on another. */
const additions = {
  description: z.string().optional(),
  /** Packages that apt must not choose where another one does as well. */
  avoid: z.array(packageNameSchema).default([]),
  /** Paths that dpkg leaves out, as in dpkg's `path-exclude`. */
  leaveOut: z.array(pathGlobSchema).default([]),
  /** Paths that dpkg keeps although `leaveOut` names them. */
  keep: z.array(pathGlobSchema).default([]),
  units: unitsSchema,
  /** Files of the folder `scripts/` beside the recipe, run in this order in the finished root. */
  scripts: z.array(word('the name of a file in scripts/', /^[\w][\w.-]*$/)).default([]),
}

/** `{debian}` is the release in /etc/debian_version, `{date}` the day of the newest package, `{inputs}` eight digits over every input. */
const versionSchema = word(
  'letters, digits, ".+-", {debian}, {date} or {inputs}',
  /^(?:[\w.+-]|\{debian\}|\{date\}|\{inputs\})+$/,
)
const suiteSchema = word('the name of a Debian release, such as bookworm', /^[a-z]+$/)

/**
 * `images/NAME/image.yaml`: a disk image built from Debian's packages. The folder `files/` beside it
 * is copied over the root file system, owned by root.
 */
export const imageRecipeSchema = z.strictObject({
  ...additions,
  name: nameSchema,
  version: versionSchema,
  arch: z.enum(cpuArchs),
  suite: suiteSchema,
  /** Of the whole disk image. */
  size: byteSizeSchema,
  root: rootSchema.default('disk'),
  kernel: z.strictObject({
    package: packageNameSchema,
    /** Added behind `root=` and `ro`. */
    arguments: kernelArgumentsSchema,
  }),
  /** Beside the essential packages and apt; without what they only recommend. */
  packages: z.array(packageNameSchema).min(1),
  ssh: sshSchema.default({ enabled: false, authorizedKeys: [] }),
})
export type ImageRecipe = z.infer<typeof imageRecipeSchema>

/** A recipe on top of another: single values replace the other's, lists are added behind them. */
export const derivedRecipeSchema = z.strictObject({
  ...additions,
  name: nameSchema,
  /** Name of the recipe it stands on: a folder beside its own. */
  basedOn: nameSchema,
  version: versionSchema.optional(),
  suite: suiteSchema.optional(),
  size: byteSizeSchema.optional(),
  root: rootSchema.optional(),
  kernel: z
    .strictObject({ package: packageNameSchema.optional(), arguments: kernelArgumentsSchema })
    .default({ arguments: [] }),
  packages: z.array(packageNameSchema).default([]),
  /** Packages of the other recipe that this one does without. */
  withoutPackages: z.array(packageNameSchema).default([]),
  /** Files of the other recipe's `files/` that this one does without. */
  withoutFiles: z.array(pathGlobSchema).default([]),
  ssh: sshSchema.optional(),
})
export type DerivedRecipe = z.infer<typeof derivedRecipeSchema>
