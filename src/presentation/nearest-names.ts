import { editDistance } from '../base/edit-distance.ts'

/** At most three of `known` that a slip of the fingers may have meant, nearest first. */
export function nearestNames(wanted: string, known: Iterable<string>): string[] {
  const limit = Math.max(1, Math.floor(wanted.length / 3))
  return [...new Set(known)]
    .map((name) => ({ name, distance: editDistance(wanted.slice(0, 64), name.slice(0, 64)) }))
    .filter(({ name, distance }) => distance <= limit || name.startsWith(wanted))
    .sort((left, right) => left.distance - right.distance || (left.name < right.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name)
}
