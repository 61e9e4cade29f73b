import type { FastifyRequest } from 'fastify'
import { z } from 'zod'

import { refuseUnknownFields } from '../../domain/selection/machine-matcher.ts'
import { fitsAll, readConditions, valueAt } from '../../domain/selection/read-selector.ts'
import { checkedInput } from './checked-input.ts'
import { RequestInvalidError } from './problem.ts'

/** What every list takes beside conditions on the members of its items. */
const pageSchema = z.object({
  /** Default: all. */
  limit: z.coerce.number().int().min(1).max(10_000).optional(),
  /** `next` of the page before. */
  after: z.string().max(4096).optional(),
  /** A member, as a dotted path. Default: the order of the list. */
  sort: z.string().max(128).optional(),
  reverse: z.enum(['true', 'false']).default('false'),
  /** Also what the list leaves out by itself: machines that are out of use. */
  all: z.enum(['true', 'false']).default('false'),
})
export const pageParameters = pageSchema.shape

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Of all that fit. */
  readonly total: number
  /** Absent on the last page. */
  readonly next?: string
}

/**
 * The part of a list that the query asks for: `?state=In(ready,failed)&sort=name&limit=50`. A page goes on
 * behind the last item of the one before, whatever was added or removed meanwhile.
 *
 * @param keyOf what tells two items apart, and does not change
 * @throws {SelectorInvalidError} {@link RequestInvalidError}
 */
export function pageOf<Item extends object>(
  request: FastifyRequest,
  all: readonly Item[],
  { schema, keyOf }: { readonly schema: z.ZodObject; readonly keyOf: (item: Item) => string },
): Page<Item> {
  const query = request.query as Record<string, unknown>
  const { limit, after, sort, reverse } = checkedInput(pageSchema, query)
  const conditions = readConditions(
    Object.entries(query)
      .filter(([name]) => !Object.hasOwn(pageParameters, name))
      .flatMap(([name, value]) => [value].flat().map((text) => [name, String(text)] as const)),
  )
  const known = Object.keys(schema.shape)
  refuseUnknownFields(conditions, known)
  if (sort !== undefined) refuseUnknownFields([{ field: sort, fits: () => true }], known)
  const fitting = all.filter((item) => fitsAll(conditions, item))
  if (limit === undefined && after === undefined && sort === undefined) {
    const items = reverse === 'true' ? fitting.toReversed() : fitting
    return { items, total: items.length }
  }
  const placeOf = (item: Item): Place => [
    sort === undefined ? '' : sortText(item, sort),
    keyOf(item),
  ]
  const ordered = fitting
    .map((item) => ({ item, place: placeOf(item) }))
    .sort((left, right) => comparePlaces(left.place, right.place))
  if (reverse === 'true') ordered.reverse()
  const cursor = after === undefined ? undefined : readCursor(after)
  const isBehind = (place: Place) => {
    if (cursor === undefined) return true
    const order = comparePlaces(place, cursor)
    return reverse === 'true' ? order < 0 : order > 0
  }
  const behind = ordered.filter(({ place }) => isBehind(place))
  const shown = behind.slice(0, limit)
  const last = shown.at(-1)
  const isLastPage = last === undefined || shown.length === behind.length
  return {
    items: shown.map(({ item }) => item),
    total: fitting.length,
    ...(isLastPage ? {} : { next: cursorText(last.place) }),
  }
}

/** Where an item stands: by the member that is sorted by, then by its key. */
type Place = readonly [sorted: string, key: string]

function comparePlaces(left: Place, right: Place): number {
  const [a, b] = left[0] === right[0] ? [left[1], right[1]] : [left[0], right[0]]
  return a === b ? 0 : a < b ? -1 : 1
}

/** Numbers are padded, so that texts compare as they do. */
function sortText(item: object, field: string): string {
  const value = valueAt(item, field.split('.'))
  if (value === undefined || value === null) return ''
  if (typeof value === 'number') return value.toFixed(3).padStart(24, '0')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function cursorText(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

function readCursor(text: string): Place {
  try {
    const place: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return z.tuple([z.string(), z.string()]).parse(place)
  } catch {
    throw new RequestInvalidError('after: expected what "next" of the page before says')
  }
}
