import { Liquid, type Template } from 'liquidjs'

import { messageOf } from '../../../base/coded-error.ts'
import { nearestWord } from '../../../base/nearest-word.ts'
import type { TemplateFacts } from '../../domain/lease/subnet.ts'
import { templateWords } from '../../domain/lease/template-words.ts'

/** Text with places to fill in. */
export interface CompiledTemplate {
  /** @throws whatever the template does wrong with these facts: too long, too slow, too large */
  fill(facts: TemplateFacts): string
}

export type TemplateReading =
  | { readonly ok: true; readonly template: CompiledTemplate }
  | { readonly ok: false; readonly messages: readonly string[] }

/** Tags that would read files, and filters that would read the clock. */
const tagsLeftOut = ['include', 'render', 'layout', 'block', 'tablerow']
const filtersLeftOut = ['date', 'date_to_string', 'date_to_long_string', 'date_to_xmlschema']

/** Values are what a client sent: they are put in as they are and never read as a template again. */
function hermeticLiquid(): Liquid {
  const liquid = new Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    dynamicPartials: false,
    templates: {},
    parseLimit: 4096,
    renderLimit: 20,
    memoryLimit: 65_536,
  })
  for (const name of tagsLeftOut) delete liquid.tags[name]
  for (const name of filtersLeftOut) delete liquid.filters[name]
  return liquid
}

const liquid = hermeticLiquid()

/** Whether there is anything to fill in. */
export function isTemplate(text: string): boolean {
  return text.includes('{{') || text.includes('{%')
}

/** Reads a template, or says everything that is wrong with it; it may name {@link templateWords} alone. */
export function readTemplate(text: string): TemplateReading {
  let parsed: Template[]
  try {
    parsed = liquid.parse(text)
  } catch (error) {
    return { ok: false, messages: [`the template cannot be read: ${messageOf(error)}`] }
  }
  const { globals } = liquid.analyzeSync(parsed, { partials: false })
  const unknown = Object.keys(globals).filter((word) => !isTemplateWord(word))
  if (unknown.length > 0) return { ok: false, messages: unknown.map(unknownWordMessage) }
  return { ok: true, template: { fill: (facts) => String(liquid.renderSync(parsed, facts)) } }
}

function isTemplateWord(word: string): boolean {
  return templateWords.some((known) => known === word)
}

function unknownWordMessage(word: string): string {
  const nearest = nearestWord(word, templateWords)
  return nearest === undefined
    ? `the template names "${word}", known here: ${templateWords.join(', ')}`
    : `the template names "${word}", did you mean "${nearest}"?`
}
