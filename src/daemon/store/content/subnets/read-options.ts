import { nearestWord } from '../../../../base/nearest-word.ts'
import type { SubnetDocument } from '../../../../contract/subnet.ts'
import {
  findOptionDefinition,
  type OptionDefinition,
  optionDefinitions,
} from '../../../../protocol/dhcpv4/option-definitions.ts'
import { optionValue } from '../../../../protocol/dhcpv4/option-value.ts'
import type { OptionSet, OptionTemplate } from '../../../domain/lease/subnet.ts'
import { isTemplate, readTemplate } from '../templates.ts'

/** Says that something at a path of the document is wrong. */
export type Complain = (path: readonly PropertyKey[], message: string) => void

/** The options that stand at `path` of a subnet's document, as bytes or as templates for them. */
export function readOptions(
  written: SubnetDocument['options'],
  path: readonly PropertyKey[],
  complain: Complain,
): OptionSet {
  const options = new Map<number, Uint8Array | OptionTemplate>()
  for (const [name, value] of Object.entries(written)) {
    const definition = findOptionDefinition(name)
    if (definition === undefined) {
      complain([...path, name], unknownOptionMessage(name))
      continue
    }
    if (options.has(definition.code)) {
      complain([...path, name], `option ${definition.code} is set twice`)
    }
    const texts = (Array.isArray(value) ? value : [value]).map(String)
    const source = readSource(definition, texts, (message) => complain([...path, name], message))
    if (source !== undefined) options.set(definition.code, source)
  }
  return options
}

function readSource(
  { kind }: OptionDefinition,
  texts: readonly string[],
  complain: (message: string) => void,
): Uint8Array | OptionTemplate | undefined {
  if (texts.some(isTemplate)) return readTemplates(kind, texts, complain)
  const reading = optionValue(kind, texts)
  if (reading.ok) return reading.value
  complain(`expected ${reading.expected}`)
  return undefined
}

function readTemplates(
  kind: OptionDefinition['kind'],
  texts: readonly string[],
  complain: (message: string) => void,
): OptionTemplate | undefined {
  const readings = texts.map(readTemplate)
  const templates = readings.flatMap((reading) => (reading.ok ? [reading.template] : []))
  for (const reading of readings) {
    if (!reading.ok) for (const message of reading.messages) complain(message)
  }
  if (templates.length < readings.length) return undefined
  return {
    render: (facts) => {
      try {
        const filled = templates.map((template) => template.fill(facts))
        const reading = optionValue(kind, filled)
        return reading.ok ? reading.value : undefined
      } catch {
        // A template that these facts make too long or too slow: the client lacks an option, no more.
        return undefined
      }
    },
  }
}

function unknownOptionMessage(name: string): string {
  const nearest = nearestWord(
    name,
    optionDefinitions.map((definition) => definition.name),
  )
  if (nearest !== undefined) return `no option "${name}", did you mean "${nearest}"?`
  return /^\d+$/.test(name)
    ? `option ${name} is the server's own, or none`
    : `no option "${name}": give its number, and its value in hexadecimal`
}
