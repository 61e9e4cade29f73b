import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { GIBIBYTE } from '../../src/base/byte-size.ts'
import {
  createImportSources,
  type ImportSourcesOptions,
} from '../../src/daemon/store/import/import-sources.ts'

/** Import sources that unpack below the system's temporary folder and fetch nothing. */
export function localImportSources(options: Partial<ImportSourcesOptions> = {}) {
  return createImportSources({
    spoolDirectory: join(tmpdir(), `repave-spool-${process.pid}`),
    largestBytes: GIBIBYTE,
    fetchBytes: () => {
      throw new Error('nothing is fetched here')
    },
    ...options,
  })
}
