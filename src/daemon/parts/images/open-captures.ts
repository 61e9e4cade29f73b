import { join } from 'node:path'

import type { CaptureSpool } from '../../domain/image/capture-spool.ts'
import type { ImageImporter } from '../../domain/image/image-store.ts'
import type { RunDesk } from '../../domain/workflow/run-desk.ts'
import { FolderCaptureSpool } from '../../store/captures/folder-capture-spool.ts'

/** What no unfinished run will come back for is swept away. */
export async function openCaptures(
  dataDir: string,
  importer: ImageImporter,
  runs: Pick<RunDesk, 'listUnfinished'>,
): Promise<CaptureSpool> {
  const spool = new FolderCaptureSpool({ directory: join(dataDir, 'captures'), importer })
  await spool.keepOnly(new Set((await runs.listUnfinished()).map(({ id }) => id)))
  return spool
}
