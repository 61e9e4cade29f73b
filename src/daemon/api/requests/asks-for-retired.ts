/** Lists leave out what is out of use, unless one of their conditions is about just that. */
export function asksForRetired(fields: readonly string[]): boolean {
  return fields.some((field) => field === 'state' || /^retirement(?:\.|$)/.test(field))
}
