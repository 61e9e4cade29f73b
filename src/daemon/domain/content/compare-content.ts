import type { ContentChange, ContentValue } from '../../../contract/content-documents.ts'
import type { ContentObject } from './content-object.ts'

type Compared = Pick<ContentObject, 'kind' | 'name' | 'value'>
type Keys = ContentChange['keys']

/** What is added, changed key by key, and removed; by kind and name. */
export function compareContent(
  before: readonly Compared[],
  after: readonly Compared[],
): readonly ContentChange[] {
  const [old, fresh] = [byKey(before), byKey(after)]
  const changes: ContentChange[] = []
  for (const key of [...new Set([...old.keys(), ...fresh.keys()])].sort()) {
    const [was, is] = [old.get(key), fresh.get(key)]
    const one = is ?? was
    if (one === undefined) continue
    const keys = was && is ? differences(was.value, is.value, '') : []
    const change = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed'
    if (change === 'changed' && keys.length === 0) continue
    changes.push({ kind: one.kind, name: one.name, change, keys })
  }
  return changes
}

function byKey(objects: readonly Compared[]): ReadonlyMap<string, Compared> {
  return new Map(objects.map((object) => [`${object.kind}/${object.name}`, object]))
}

/** Mappings are compared key by key, lists of named things by name, other lists place by place. */
function differences(
  before: ContentValue | undefined,
  after: ContentValue | undefined,
  path: string,
): Keys {
  if (before === undefined || after === undefined) {
    return before === after ? [] : [change(path, before, after)]
  }
  const [left, right] = [membersOf(before), membersOf(after)]
  if (left === undefined || right === undefined || left.kind !== right.kind) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [change(path, before, after)]
  }
  const names = [...new Set([...left.members.keys(), ...right.members.keys()])]
  const found = names.flatMap((name) =>
    differences(left.members.get(name), right.members.get(name), joined(path, name, left.kind)),
  )
  const isOrdered = left.kind === 'list' && found.length === 0
  if (!isOrdered || [...left.members.keys()].join() === [...right.members.keys()].join()) {
    return found
  }
  return [change(path, before, after)]
}

function change(
  path: string,
  before: ContentValue | undefined,
  after: ContentValue | undefined,
): Keys[number] {
  return {
    path,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  }
}

interface Members {
  readonly kind: 'mapping' | 'list'
  readonly members: ReadonlyMap<string, ContentValue>
}

function membersOf(value: ContentValue): Members | undefined {
  if (Array.isArray(value)) {
    const names = value.map(nameOf)
    const areNamed = !names.includes(undefined) && new Set(names).size === names.length
    const named = value.map(
      (item, at) => [areNamed ? (names[at] ?? '') : String(at), item] as const,
    )
    return { kind: 'list', members: new Map(named) }
  }
  if (typeof value !== 'object' || value === null) return undefined
  return { kind: 'mapping', members: new Map(Object.entries(value)) }
}

function nameOf(item: ContentValue): string | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined
  const name = Object.hasOwn(item, 'name') ? item['name'] : undefined
  return typeof name === 'string' ? name : undefined
}

function joined(path: string, name: string, kind: Members['kind']): string {
  if (kind === 'list') return `${path}[${name}]`
  return path === '' ? name : `${path}.${name}`
}
