import { join } from 'node:path'

import type { ImageImporter, ImageStore } from './domain/image/image-store.ts'
import type { ImportSources } from './domain/image/import-source.ts'
import { nodeClock } from './node-clock.ts'
import type { TrustedKey } from './served-sledgehammer.ts'
import { openImageStore } from './store/blobs/image-store.ts'
import { loadSigningKey } from './store/blobs/signing-key.ts'
import { createImportSources } from './store/import/import-sources.ts'

/** Images at rest, the way in, and the key that vouches for them. */
export interface Images {
  readonly store: ImageStore
  readonly importer: ImageImporter
  readonly importSources: ImportSources
  readonly signingKey: TrustedKey
}

/**
 * Opens `<dataDir>/images` with the key in `<dataDir>/keys`; makes both where there are none. Only for
 * the process that holds the database: what an import has left unfinished is swept away.
 */
export async function openImages(dataDir: string): Promise<Images> {
  const signingKey = await loadSigningKey(join(dataDir, 'keys', 'image-signing.pem'))
  const directory = join(dataDir, 'images')
  const images = await openImageStore({ directory, signingKey, clock: nodeClock })
  const { keyId, publicKeyBase64 } = signingKey
  return {
    store: images,
    importer: images,
    importSources: createImportSources(),
    signingKey: { keyId, publicKeyBase64 },
  }
}
