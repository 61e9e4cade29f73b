import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Logger } from '../../../base/logger.ts'
import type { DaemonConfig } from '../../configuration/config.ts'
import { AppliedContent } from '../../store/content/applied-content.ts'
import { loadContent } from '../../store/content/load-content.ts'
import { CurrentContent } from './current-content.ts'

/** The release's own folder, whose content lies under that of everybody else. */
export const shippedFolder = fileURLToPath(new URL('../../../..', import.meta.url))

/** The content that a daemon starts with, and where it comes from. */
export interface OpenedContent {
  readonly current: CurrentContent
  readonly applied: AppliedContent
  /** What ships, then the folders of the configuration. */
  readonly directories: readonly [string, ...string[]]
}

/** @throws {DocumentInvalidError} with the faults of every file */
export async function openContent(
  { contentDirs, dataDir }: Pick<DaemonConfig, 'contentDirs' | 'dataDir'>,
  logger: Logger,
): Promise<OpenedContent> {
  const applied = await AppliedContent.open(join(dataDir, 'content'))
  const directories = [shippedFolder, ...contentDirs] as const
  const { folder } = applied
  const loaded = await loadContent(folder === undefined ? directories : [...directories, folder])
  for (const { kind, name, file, replaces } of loaded.objects) {
    if (replaces === undefined) continue
    const under = replaces === 0 ? 'what ships' : directories[replaces]
    logger.info({ kind, name, file, under }, 'own content stands over another of its name')
  }
  return { current: new CurrentContent(loaded), applied, directories }
}
