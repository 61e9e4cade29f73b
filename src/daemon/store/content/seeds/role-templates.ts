import type { Json } from '../../../../contract/canonical-json.ts'
import type { Rendering, Template, TemplateDestination } from '../../../domain/template/template.ts'
import type { TemplateFacts } from '../../../domain/template/template.ts'
import { readTemplate } from '../../template/read-template.ts'
import type { Complain } from '../subnets/read-options.ts'

/** Collects the templates of one seed, and complains of those that are none. */
export class RoleTemplates {
  readonly #words: readonly string[]
  readonly #complain: Complain

  constructor(words: readonly string[], complain: Complain) {
    this.#words = words
    this.#complain = complain
  }

  /** A text and where it goes. Renders to nothing where it was complained of. */
  text(path: readonly PropertyKey[], source: string, destination: TemplateDestination): Template {
    const reading = readTemplate(source, this.#words, destination)
    if (reading.ok) return reading.template
    for (const { line, column, message } of reading.faults) {
      this.#complain(path, `template line ${line}, column ${column}: ${message}`)
    }
    return { render: () => ({ ok: true, text: '' }) }
  }

  /** A mapping whose texts are templates, at any depth. Values cannot break out: they are never YAML again. */
  mapping(path: readonly PropertyKey[], source: Json): (facts: TemplateFacts) => Json {
    if (typeof source === 'string') {
      const template = this.text(path, source, 'plain')
      return (facts) => textOf(template.render(facts))
    }
    if (Array.isArray(source)) {
      const items = source.map((item: Json, index) => this.mapping([...path, index], item))
      return (facts) => items.map((item) => item(facts))
    }
    if (typeof source !== 'object' || source === null) return () => source
    const members = Object.entries(source).map(
      ([key, value = null]) => [key, this.mapping([...path, key], value)] as const,
    )
    return (facts) => Object.fromEntries(members.map(([key, member]) => [key, member(facts)]))
  }
}

/** A rendering that failed; caught where the whole seed is rendered. */
export class RenderingFailed extends Error {}

/** @throws {RenderingFailed} */
export function textOf(rendering: Rendering): string {
  if (!rendering.ok) throw new RenderingFailed(rendering.reason)
  return rendering.text
}
