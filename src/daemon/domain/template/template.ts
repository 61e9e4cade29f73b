/** What a template may say, by dotted word: `{ machine: { name: 'node-1' } }`. */
export type TemplateFacts = { readonly [word: string]: TemplateFact }
export type TemplateFact = string | number | boolean | readonly TemplateFact[] | TemplateFacts

export type Rendering =
  | { readonly ok: true; readonly text: string }
  /** A word that is absent this time, or a bound that is reached. */
  | { readonly ok: false; readonly reason: string }

/** A text with places that are filled in; checked once, rendered often. */
export interface Template {
  render(facts: TemplateFacts): Rendering
}

/** Where a text goes, so that no value can break out of its place. */
export type TemplateDestination =
  /** Values stand as they are: whoever takes the text makes it safe, as a JSON writer does. */
  | 'plain'
  /** Each value becomes one word of POSIX sh, in quotes of its own. */
  | 'shell'
  /** Each value becomes one PowerShell string, in quotes of its own. */
  | 'powershell'
  /** Character data or an attribute's value. */
  | 'xml'
  /** Each value becomes one JSON value, which is a YAML value too, in quotes of its own. */
  | 'json'
