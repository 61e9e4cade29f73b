import { z } from 'zod'

import { readByteSize } from '../base/byte-size.ts'
import { cpuArchs } from '../base/cpu-arch.ts'
import { nameSchema } from './values.ts'

const word = (expected: string, pattern: RegExp) =>
  z.string().regex(pattern, `expected ${expected}`)

/** Debian policy §5.6.1. */
const packageNameSchema = word('a Debian package name', /^[a-z0-9][a-z0-9+.-]+$/)
const unitNameSchema = word('a systemd unit with its suffix', /^[\w@:.-]+\.[a-z]+$/)

const byteSizeSchema = z.string().transform((text, context): number => {
  const sizeBytes = readByteSize(text)
  if (sizeBytes !== undefined && sizeBytes % 1_048_576 === 0 && sizeBytes > 0) return sizeBytes
  const message = 'expected a size in whole MiB, such as "1536 MiB"'
  context.issues.push({ code: 'custom', message, input: text })
  return z.NEVER
})

/**
 * `images/NAME/image.yaml`: a disk image built from Debian's packages. The folder `files/` beside it
 * is copied over the root file system, owned by root.
 */
export const imageRecipeSchema = z.strictObject({
  name: nameSchema,
  description: z.string().optional(),
  /** `{debian}` is the release in /etc/debian_version, `{date}` the day of the build (UTC). */
  version: word('letters, digits, ".+-", {debian} or {date}', /^(?:[\w.+-]|\{debian\}|\{date\})+$/),
  arch: z.enum(cpuArchs),
  /** Debian's name of the release, such as `bookworm`. */
  suite: word('the name of a Debian release', /^[a-z]+$/),
  /** Of the whole disk image. */
  size: byteSizeSchema,
  kernel: z.strictObject({
    package: packageNameSchema,
    /** Added behind `root=` and `ro`. */
    arguments: z.array(word('one kernel argument without spaces', /^[\w.,:=/@+-]+$/)).default([]),
  }),
  /** Beside the essential packages and apt; without what they only recommend. */
  packages: z.array(packageNameSchema).min(1),
  /** Packages that apt must not choose where another one does as well. */
  avoid: z.array(packageNameSchema).default([]),
  /** Paths that dpkg leaves out, as in dpkg's `path-exclude`. */
  leaveOut: z.array(word('an absolute path, * allowed', /^\/[\w./*+@-]+$/)).default([]),
  /** Paths that dpkg keeps although `leaveOut` names them. */
  keep: z.array(word('an absolute path, * allowed', /^\/[\w./*+@-]+$/)).default([]),
  units: z
    .strictObject({
      enable: z.array(unitNameSchema).default([]),
      disable: z.array(unitNameSchema).default([]),
      mask: z.array(unitNameSchema).default([]),
    })
    .default({ enable: [], disable: [], mask: [] }),
})
export type ImageRecipe = z.infer<typeof imageRecipeSchema>
