import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { NoAptSourceError } from '../errors.ts'

/** One line of sources.list(5). */
export interface AptSource {
  readonly options: readonly string[]
  readonly uri: string
  readonly suite: string
  readonly components: readonly string[]
}

/**
 * Where a Debian release comes from: what apt on this machine knows of its own suite and of its updates
 * and security suites. Of a release that apt does not know, the same mirrors that this machine's own
 * release comes from: a mirror keeps the releases side by side.
 *
 * @throws {NoAptSourceError} when there is no source of the release itself
 */
export async function findAptSources(suite: string, etc = '/etc'): Promise<AptSource[]> {
  const all = await readSourceFiles(join(etc, 'apt'))
  const known = sourcesOf(suite, all)
  const sources = known.some((source) => source.suite === suite)
    ? known
    : sourcesOf(await ownSuite(etc), all).map((source) => beside(source, suite))
  if (!sources.some((source) => source.suite === suite)) throw new NoAptSourceError(suite)
  return sources
}

function sourcesOf(suite: string, sources: readonly AptSource[]): AptSource[] {
  const suites = new Set([suite, `${suite}-updates`, `${suite}-security`])
  return sources.filter((source) => suites.has(source.suite))
}

function beside(source: AptSource, suite: string): AptSource {
  return { ...source, suite: source.suite.replace(/^[^-]+/, suite) }
}

/** The name of the release that this machine runs (os-release(5)); empty when it says none. */
async function ownSuite(etc: string): Promise<string> {
  const text = await readFile(join(etc, 'os-release'), 'utf8').catch(() => '')
  return /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(text)?.[1] ?? ''
}

async function readSourceFiles(etcApt: string): Promise<AptSource[]> {
  const folder = join(etcApt, 'sources.list.d')
  const names = (await readdir(folder).catch(() => [])).toSorted((a, b) => (a < b ? -1 : 1))
  const files = [join(etcApt, 'sources.list'), ...names.map((name) => join(folder, name))]
  const found: AptSource[] = []
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '')
    if (file.endsWith('.list')) found.push(...parseSourceLines(text))
    if (file.endsWith('.sources')) found.push(...parseSourceStanzas(text))
  }
  return found
}

/** The one-line form: `deb [options] uri suite component...`. Lines that are not of it are passed over. */
export function parseSourceLines(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line)
    if (match === null) return []
    const [, options = '', uri = '', suite = '', components = ''] = match
    return [{ options: words(options), uri, suite, components: words(components) }]
  })
}

/** The stanzas of deb822: `Types`, `URIs`, `Suites`, `Components`, `Signed-By`, `Enabled`. */
export function parseSourceStanzas(text: string): AptSource[] {
  return text.split(/\n[ \t]*\n/).flatMap((stanza) => {
    const fields = stanzaFields(stanza)
    const signedBy = fields.get('signed-by') ?? ''
    const isPlain = words(fields.get('types') ?? '').includes('deb') && !/\s/.test(signedBy)
    if (!isPlain || /^(?:no|false|0)$/i.test(fields.get('enabled') ?? '')) return []
    const options = signedBy === '' ? [] : [`signed-by=${signedBy}`]
    const components = words(fields.get('components') ?? '')
    return words(fields.get('uris') ?? '').flatMap((uri) =>
      words(fields.get('suites') ?? '').map((suite) => ({ options, uri, suite, components })),
    )
  })
}

function stanzaFields(stanza: string): Map<string, string> {
  const fields = new Map<string, string>()
  let name = ''
  for (const line of stanza.split('\n').filter((text) => !text.startsWith('#'))) {
    const match = /^([\w-]+):\s*(.*)$/.exec(line)
    if (match !== null) name = (match[1] ?? '').toLowerCase()
    const value = match === null ? line.trim() : (match[2] ?? '').trim()
    fields.set(name, `${fields.get(name) ?? ''} ${value}`.trim())
  }
  return fields
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

/** The text of a sources.list. */
export function formatAptSources(sources: readonly AptSource[]): string {
  return sources
    .map(({ options, uri, suite, components }) => {
      const bracket = options.length === 0 ? [] : [`[${options.join(' ')}]`]
      return `${['deb', ...bracket, uri, suite, ...components].join(' ')}\n`
    })
    .join('')
}

/** The same sources without a user name and password in an address: those do not belong in an image. */
export function withoutCredentials(sources: readonly AptSource[]): AptSource[] {
  return sources.map((source) => ({
    ...source,
    uri: source.uri.replace(/^([a-z+]+:\/\/)[^/@]*@/i, '$1'),
  }))
}
