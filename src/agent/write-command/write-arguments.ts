import { parseArgs } from 'node:util'

import { messageOf } from '../../base/coded-error.ts'
import { type Digest, readDigest } from '../../base/digest.ts'
import { WriteUsageError } from './errors.ts'

/** What `repave write` was told. */
export interface WriteArguments {
  readonly image: string
  readonly disk: string
  readonly mode: 'delta' | 'full'
  readonly readBack: boolean
  readonly isConfirmed: boolean
  readonly onlyPlan: boolean
  /** The image that is meant; without it a trusted key must have signed the image. */
  readonly digest: Digest | undefined
  readonly trustedKeysPath: string
  /** Where the signed receipt goes. */
  readonly receiptPath: string | undefined
}

export const writeHelp = `repave write: writes an image to a disk of this machine, and proves every byte

Usage: repave write <image> <disk> [options]

  <image>   http://HOST/images/DIGEST/manifest.json, a folder with manifest.json and pack,
            or a file that \`repave image export\` made
  <disk>    a whole disk: /dev/sdb, /dev/disk/by-id/...

Options:
  --full               write everything, also what is right already
  --no-read-back       do not read it back: nothing is proven, and the receipt says so
  --digest <digest>    the image that is meant, as \`repave image show\` tells it
  --trusted-keys <f>   keys whose signature is believed (default: /etc/repave/trusted-keys.json)
  --receipt <file>     where the signed receipt goes
  --plan               say what would be done, and do nothing
  --yes                do not ask

Examples:
  repave write http://10.0.0.1:8080/images/9f2c.../manifest.json /dev/sdb
  repave write debian-12.repave /dev/disk/by-id/ata-Samsung_SSD_S4EV --plan
`

const options = {
  full: { type: 'boolean', default: false },
  'no-read-back': { type: 'boolean', default: false },
  digest: { type: 'string' },
  'trusted-keys': { type: 'string', default: '/etc/repave/trusted-keys.json' },
  receipt: { type: 'string' },
  plan: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** @returns undefined when help is asked for @throws {WriteUsageError} */
export function readWriteArguments(argv: readonly string[]): WriteArguments | undefined {
  const { values, positionals } = parse(argv)
  if (values.help) return undefined
  const [image, disk, ...more] = positionals
  if (image === undefined || disk === undefined || more.length > 0) {
    throw new WriteUsageError('expected an image and a disk')
  }
  const digest = values.digest === undefined ? undefined : readDigest(values.digest)
  if (values.digest !== undefined && digest === undefined) {
    throw new WriteUsageError('--digest is no sha256: and 64 hex digits')
  }
  return {
    ...{ image, disk, digest },
    mode: values.full ? 'full' : 'delta',
    readBack: !values['no-read-back'],
    isConfirmed: values.yes,
    onlyPlan: values.plan,
    trustedKeysPath: values['trusted-keys'],
    receiptPath: values.receipt,
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true })
  } catch (error) {
    throw new WriteUsageError(messageOf(error))
  }
}
