import { accepted, refused, type TarOutcome } from './tar-member.ts'

/** PATH_MAX and NAME_MAX of Linux, in bytes. */
const longestPath = 4095
const longestName = 255

/**
 * The names on the way from the root of the archive to a member, none for the root itself. A leading
 * `/` means the same root, as it does to tar. Total.
 */
export function safeTarPath(path: string): TarOutcome<readonly string[]> {
  if (path.includes('\0')) return refused('a name with a NUL in it')
  if (path.length > longestPath) return refused('a name that is too long')
  const names = path.split('/').filter((name) => name !== '' && name !== '.')
  if (names.includes('..')) return refused('a name that leads upwards')
  if (names.some((name) => name.length > longestName)) return refused('a name that is too long')
  return accepted(names)
}
