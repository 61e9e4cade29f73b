const longestPath = 512

/**
 * A requested name in the one form that routes compare: `\` is `/`, empty and `.` segments and a
 * leading `boot/` are gone (a redirect would stop UEFI HTTP boot). Undefined for a name that no route
 * can have: `..`, control or non-ASCII characters, nothing, or more than 512 characters.
 */
export function normaliseBootPath(name: string): string | undefined {
  if (name.length > longestPath || !/^[\x20-\x7e]+$/.test(name)) return undefined
  const segments = name
    .replaceAll('\\', '/')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..')) return undefined
  if (segments[0] === 'boot') segments.shift()
  return segments.length === 0 ? undefined : segments.join('/')
}
