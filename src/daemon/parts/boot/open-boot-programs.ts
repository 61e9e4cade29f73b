import { join } from 'node:path'

import type { Logger } from '../../../base/logger.ts'
import type { DaemonConfig } from '../../configuration/config.ts'
import { BootProgramRefusedError } from '../../servers/boot-files/boot-file-errors.ts'
import type { BootFileRoute } from '../../servers/boot-files/boot-file.ts'
import { loadIpxeBinaries } from '../../servers/boot-files/ipxe-binaries.ts'
import { ownPrograms } from '../../servers/boot-files/own-programs.ts'
import {
  loadSignedPrograms,
  signedProgramsRemedy,
} from '../../servers/boot-files/signed-programs.ts'

/** The network boot programs that there are on this host. */
export interface BootProgramSet {
  readonly routes: readonly BootFileRoute[]
  /** Whether shim and GRUB as Debian signed them are among them. */
  readonly hasSigned: boolean
}

/** @throws {BootFileMissingError} when iPXE is not in its folder */
export async function openBootPrograms(
  { dataDir, ipxeDir }: Pick<DaemonConfig, 'dataDir' | 'ipxeDir'>,
  logger: Logger,
): Promise<BootProgramSet> {
  const signed = await loadSignedPrograms().catch((error: unknown) => {
    if (!(error instanceof BootProgramRefusedError)) throw error
    // Machines without Secure Boot do as well without them.
    logger.error({ reason: error.message, remedy: error.remedy }, 'signed boot programs refused')
    return undefined
  })
  if (signed === undefined) logger.info({ remedy: signedProgramsRemedy }, 'no signed boot programs')
  const loaded = [await loadIpxeBinaries(ipxeDir), ...(signed === undefined ? [] : [signed])]
  for (const [path, digest] of loaded.flatMap(({ digests }) => [...digests])) {
    logger.info({ path, digest }, 'boot program')
  }
  const own = ownPrograms(join(dataDir, 'boot', 'programs'))
  return { routes: [...loaded.map(({ route }) => route), own], hasSigned: signed !== undefined }
}
