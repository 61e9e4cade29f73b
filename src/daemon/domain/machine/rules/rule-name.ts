import { nearestWord } from '../../../../base/nearest-word.ts'
import type { Machine } from '../../../../contract/machine.ts'

/** What the name that a rule gives may hold, as `{{ serial }}`. */
export const nameWords = [
  'serial',
  'uuid',
  'product',
  /** `525400aabb01`. */
  'mac',
  'subnet',
  /** Option 82: the switch, and its port. */
  'rack',
  'port',
  /** The smallest that makes a name nobody has. */
  'number',
] as const
type NameWord = (typeof nameWords)[number]

const place = /\{\{\s*([^{}]*?)\s*\}\}/g
const highestNumber = 100_000

/** Undefined where the template can be filled in. */
export function nameTemplateFault(template: string): string | undefined {
  for (const [, word = ''] of template.matchAll(place)) {
    if (isWord(word)) continue
    const nearest = nearestWord(word, nameWords)
    return nearest === undefined
      ? `there is no word "${word}", known here: ${nameWords.join(', ')}`
      : `there is no word "${word}", did you mean "${nearest}"?`
  }
  const rest = template.replaceAll(place, 'x')
  return /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(rest)
    ? undefined
    : 'expected lower-case letters, digits, "-" and "." around words such as {{ serial }}'
}

/**
 * The name for a machine; a problem where it cannot have it. What hardware and relays say is brought
 * down to lower-case letters, digits, `-` and `.`.
 */
export function nameFor(
  template: string,
  machine: Machine,
  isTaken: (name: string) => boolean,
): { readonly name: string } | { readonly problem: string } {
  const values = wordsOf(machine)
  const missing = [...template.matchAll(place)]
    .map(([, word = '']) => word)
    .find((word) => word !== 'number' && values[word as NameWord] === '')
  if (missing !== undefined) {
    return { problem: `it has no ${missing} for the name ${template}` }
  }
  const fill = (number: number) =>
    shortened(
      template.replaceAll(place, (_all, word: NameWord) =>
        word === 'number' ? String(number) : (values[word] ?? ''),
      ),
    )
  const isNumbered = /\{\{\s*number\s*\}\}/.test(template)
  if (isNumbered && isNameOf(fill, machine.name)) return { name: machine.name }
  const numbers = isNumbered ? highestNumber : 1
  for (let number = 1; number <= numbers; number++) {
    const name = fill(number)
    if (!isTaken(name)) return { name }
  }
  return { problem: `the name ${fill(1)} is taken` }
}

/** Whether a name is what the template gives with some number: a machine that has one keeps it. */
function isNameOf(fill: (number: number) => string, name: string): boolean {
  return [...name.matchAll(/(?=([1-9]\d{0,5}))/g)].some(
    ([, digits]) => fill(Number(digits)) === name,
  )
}

function wordsOf({ inventory, macAddresses, place: at = {} }: Machine): Record<NameWord, string> {
  const { serialNumber, uuid, productName } = inventory?.system ?? {}
  return {
    serial: plain(serialNumber),
    uuid: plain(uuid),
    product: plain(productName),
    mac: plain(macAddresses[0]?.replaceAll(':', '')),
    subnet: plain(at.subnet),
    rack: plain(at.remoteId),
    port: plain(at.circuitId),
    number: '',
  }
}

function plain(text = ''): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}

function shortened(name: string): string {
  return name.slice(0, 63).replace(/[-.]+$/, '')
}

function isWord(word: string): word is NameWord {
  return nameWords.some((known) => known === word)
}
