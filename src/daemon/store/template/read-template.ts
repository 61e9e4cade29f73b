import { Liquid, LiquidError } from 'liquidjs'

import { messageOf } from '../../../base/coded-error.ts'
import type { Rendering, Template, TemplateDestination } from '../../domain/template/template.ts'

/** What is wrong with a template, and where in its text, counted from 1. */
export interface TemplateFault {
  readonly line: number
  readonly column: number
  readonly message: string
}

export type TemplateReading =
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly faults: readonly TemplateFault[] }

const longestTemplate = 64 * 1024
const longestRendering = 64 * 1024

/** They read files, or give another text tomorrow than today. */
const forbiddenTags = ['include', 'render', 'layout', 'block']
const forbiddenFilters = [
  ...['date', 'date_to_xmlschema', 'date_to_rfc822', 'date_to_string', 'date_to_long_string'],
  ...['sample', 'raw'],
]

const escapers: Readonly<Record<TemplateDestination, ((value: unknown) => string) | undefined>> = {
  plain: undefined,
  shell: (value) => `'${plainText(value).replaceAll("'", String.raw`'\''`)}'`,
  // PowerShell takes four more characters for a single quote.
  powershell: (value) => `'${plainText(value).replaceAll(/['\u2018-\u201b]/g, '$&$&')}'`,
  xml: (value) =>
    plainText(value)
      .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
      .replaceAll(/[&<>"'\r\n\t]/g, (character) => `&#${character.charCodeAt(0)};`),
  // YAML 1.2.2 §5.1: the characters that JSON does not escape by itself and YAML does not take.
  json: (value) =>
    (JSON.stringify(value) ?? 'null').replaceAll(
      /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
}

const engines = new Map<TemplateDestination, Liquid>()

/**
 * Checks a Liquid template: its syntax, and that it names nothing but `words` (`machine.name`; a word that
 * ends with `.*` allows everything below it). It reaches no file, no network, no clock and no environment;
 * a rendering has bounded time, memory and length.
 */
export function readTemplate(
  source: string,
  words: readonly string[],
  destination: TemplateDestination = 'plain',
): TemplateReading {
  if (source.length > longestTemplate) {
    return { ok: false, faults: [{ line: 1, column: 1, message: 'longer than 64 KiB' }] }
  }
  const engine = engineFor(destination)
  try {
    const parsed = engine.parse(source)
    const faults = Object.values(engine.analyzeSync(parsed).globals)
      .flat()
      .filter(({ segments }) => !isKnown(segments, words))
      .map(({ segments, location }) => ({
        line: location.row,
        column: location.col,
        message: `unknown word "${segments.map(String).join('.')}"; known are ${words.join(', ')}`,
      }))
    if (faults.length > 0) return { ok: false, faults }
    return { ok: true, template: { render: (facts) => render(engine, parsed, facts) } }
  } catch (thrown) {
    const [line = 1, column = 1] =
      thrown instanceof LiquidError ? thrown.token.getPosition() : [1, 1]
    return { ok: false, faults: [{ line, column, message: sentenceOf(thrown) }] }
  }
}

function render(engine: Liquid, parsed: ReturnType<Liquid['parse']>, facts: object): Rendering {
  try {
    const text = String(engine.renderSync(parsed, facts))
    if (text.length <= longestRendering) return { ok: true, text }
    return { ok: false, reason: 'it renders to more than 64 KiB' }
  } catch (thrown) {
    return { ok: false, reason: sentenceOf(thrown) }
  }
}

function engineFor(destination: TemplateDestination): Liquid {
  const known = engines.get(destination)
  if (known !== undefined) return known
  const escape = escapers[destination]
  const engine = new Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    parseLimit: longestTemplate,
    renderLimit: 100,
    memoryLimit: 4 * longestRendering,
    templates: {},
    ...(escape && { outputEscape: escape }),
  })
  for (const tag of forbiddenTags) delete engine.tags[tag]
  for (const filter of forbiddenFilters) delete engine.filters[filter]
  engines.set(destination, engine)
  return engine
}

/** Whether the word itself is known, or everything below one of its parts, or words below it. */
function isKnown(segments: readonly unknown[], words: readonly string[]): boolean {
  const name = segments.map(String).join('.')
  return words.some((word) => {
    if (word.endsWith('.*')) return name.startsWith(word.slice(0, -1))
    return word === name || word.startsWith(`${name}.`)
  })
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

/** Without the place, which stands beside it. */
function sentenceOf(thrown: unknown): string {
  return (messageOf(thrown).split('\n', 1)[0] ?? '').replace(/, line:\d+, col:\d+$/, '')
}
