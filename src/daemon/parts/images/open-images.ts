import { join } from 'node:path'

import type { Image } from '../../../contract/api-documents.ts'
import type { ImportSources } from '../../domain/image/import-source.ts'
import { nodeClock } from '../../process/node-clock.ts'
import { type OpenImageStore, openImageStore } from '../../store/blobs/image-store.ts'
import { SigningKeys } from '../../store/blobs/signing-keys.ts'
import { type ImportSettings, openImportSources } from './open-import-sources.ts'

/** Images at rest, the way in, and the keys that vouch for them. */
export interface Images {
  readonly store: OpenImageStore
  readonly importSources: ImportSources
  readonly keys: SigningKeys
}

export interface ImagesOptions extends ImportSettings {
  /** Stored bytes of all images together; default: what the disk has. */
  readonly maximumBytes?: number
  /** Raw ed25519 public keys, base64, of other daemons whose exported images are taken. Default: none. */
  readonly trustedKeys?: readonly string[]
  /** Whether exported images are taken that nobody of those has signed. Default: no. */
  readonly allowUnsigned?: boolean
  readonly onQuarantined?: (images: readonly Image[]) => void
}

/**
 * Opens `<dataDir>/images` with the keys in `<dataDir>/keys`; makes both where there are none. Only for
 * the process that holds the database: what an import has left unfinished is swept away.
 */
export async function openImages(
  dataDir: string,
  {
    maximumBytes,
    trustedKeys = [],
    allowUnsigned = false,
    onQuarantined,
    ...imports
  }: ImagesOptions = {},
): Promise<Images> {
  const keys = await SigningKeys.open(join(dataDir, 'keys'))
  const store = await openImageStore({
    directory: join(dataDir, 'images'),
    signingKey: keys,
    clock: nodeClock,
    limits: { maximumBytes },
    signatures: { trustedKeys, allowUnsigned },
    ...(onQuarantined === undefined ? {} : { onQuarantined }),
  })
  return { store, importSources: await openImportSources(dataDir, imports), keys }
}
