import { readBootImage } from '../../../protocol/pe/read-boot-image.ts'
import { revokedGeneration } from '../../../protocol/pe/revoked-generation.ts'
import { BootFileMissingError, BootProgramRefusedError } from './boot-file-errors.ts'
import { type BootProgramFiles, readBootPrograms } from './read-boot-program.ts'

/**
 * Where Debian's packages put them, by the path under which they are served: shim fetches `grubx64.efi`
 * from its own folder, and GRUB has `/grub` built in as the folder of its settings.
 */
const signedPaths = {
  'grub/shimx64.efi': '/usr/lib/shim/shimx64.efi.signed',
  'grub/grubx64.efi': '/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed',
}

export const signedProgramsRemedy =
  "For machines with Secure Boot install Debian's packages: apt install shim-signed grub-efi-amd64-signed"

/**
 * Shim and GRUB as Microsoft and Debian signed them; undefined where the packages are not installed.
 *
 * @throws {BootProgramRefusedError} when one is unsigned or revoked: machines would stop at it
 */
export async function loadSignedPrograms(
  paths: Readonly<Record<string, string>> = signedPaths,
): Promise<BootProgramFiles | undefined> {
  try {
    return await readBootPrograms(paths, signedProgramsRemedy, requireCurrent)
  } catch (error) {
    if (error instanceof BootFileMissingError) return undefined
    throw error
  }
}

function requireCurrent(path: string, bytes: Uint8Array): void {
  const reading = readBootImage(bytes)
  if (!reading.ok) throw new BootProgramRefusedError(path, `it ${reading.reason}`)
  if (!reading.facts.isSigned) throw new BootProgramRefusedError(path, 'nobody has signed it')
  const revoked = revokedGeneration(reading.facts)
  if (revoked !== undefined) throw new BootProgramRefusedError(path, `it is revoked (${revoked})`)
}
