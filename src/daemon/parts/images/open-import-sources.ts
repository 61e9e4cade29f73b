import { join } from 'node:path'

import { GIBIBYTE } from '../../../base/byte-size.ts'
import type { ImportSources } from '../../domain/image/import-source.ts'
import { nodeClock } from '../../process/node-clock.ts'
import { sweepSpool } from '../../store/import/disk/spool.ts'
import { AddressGuard } from '../../store/import/fetch/address-guard.ts'
import { fetchBytes } from '../../store/import/fetch/fetch-bytes.ts'
import { fetchLimits } from '../../store/import/fetch/fetch-limits.ts'
import { resolveHost } from '../../store/import/fetch/guarded-request.ts'
import { createImportSources } from '../../store/import/import-sources.ts'

export interface ImportSettings {
  /** Private addresses and networks that images may be fetched from. Default: none. */
  readonly fetchFrom?: readonly string[]
  /** Of a file that is imported, and of the disk inside. Default: 256 GiB. */
  readonly largestImageBytes?: number
  /** Whether nothing is taken that nobody has vouched for. Default: no. */
  readonly requireChecksum?: boolean
}

const usualLargestBytes = 256 * GIBIBYTE

/**
 * The way in for images, which unpacks in `<dataDir>/import`. Only for the process that holds the
 * database: what an import has left there is swept away.
 */
export async function openImportSources(
  dataDir: string,
  {
    fetchFrom = [],
    largestImageBytes = usualLargestBytes,
    requireChecksum = false,
  }: ImportSettings,
): Promise<ImportSources> {
  const spoolDirectory = join(dataDir, 'import')
  await sweepSpool(spoolDirectory)
  const guard = new AddressGuard(fetchFrom)
  const fetching = { guard, resolve: resolveHost, limits: fetchLimits, clock: nodeClock }
  return createImportSources({
    spoolDirectory,
    largestBytes: largestImageBytes,
    requireChecksum,
    fetchBytes: (url, order) => fetchBytes(url, order, fetching),
  })
}
