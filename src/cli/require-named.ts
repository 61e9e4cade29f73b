import { nearestNames } from '../presentation/nearest-names.ts'
import { shownText } from '../presentation/shown-text.ts'
import { ReferenceUnresolvedError } from './errors.ts'

/** The one called `name`. @throws {ReferenceUnresolvedError} with the nearest names */
export function requireNamed<Item extends { readonly name: string }>(
  noun: string,
  items: readonly Item[],
  name: string,
): Item {
  const found = items.find((item) => item.name === name)
  if (found !== undefined) return found
  const near = nearestNames(
    name,
    items.map((item) => item.name),
  )
  throw new ReferenceUnresolvedError(`no ${noun} is called ${shownText(name)}`, {
    remedy: near.length === 0 ? `repave ${noun} list` : `did you mean ${near.join(' or ')}?`,
  })
}
