/** Whether an environment variable is set, and to something else than a no. */
export function isSet(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false', 'no'].includes(value.toLowerCase())
}
