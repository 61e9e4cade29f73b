import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { CodedError, messageOf } from '../base/coded-error.ts'
import { nearestNames } from '../presentation/nearest-names.ts'
import { shownText } from '../presentation/shown-text.ts'

/** How to reach one daemon. The token stands in a file of its own, never here. */
export interface Context {
  readonly socket?: string
  readonly url?: string
  readonly tokenFile?: string
  readonly ca?: string
}

/** The daemons that a person works with, by the names they gave them. */
export interface Contexts {
  readonly current?: string
  readonly contexts: Readonly<Record<string, Context>>
}

type Environment = Readonly<Record<string, string | undefined>>

/** The file of contexts says something that cannot be meant. */
export class ContextsInvalidError extends CodedError {
  readonly code = 'ERR_CONTEXTS_INVALID'
  readonly file: string

  constructor(file: string, cause: unknown) {
    super(`${file}: ${messageOf(cause)}`, { cause, remedy: `mend it, or remove ${file}` })
    this.file = file
  }
}

/** No context goes by that name. */
export class ContextUnknownError extends CodedError {
  readonly code = 'ERR_CONTEXT_UNKNOWN'

  constructor(name: string, known: readonly string[]) {
    const near = nearestNames(name, known)
    super(`no context goes by ${shownText(name)}`, {
      remedy: near.length > 0 ? `did you mean ${near.join(', ')}?` : 'repave context list',
    })
  }
}

/** `$XDG_CONFIG_HOME/repave/contexts.json`, `~/.config` by default. */
export function contextsFile(environment: Environment): string {
  const home = environment['XDG_CONFIG_HOME'] || join(environment['HOME'] ?? '', '.config')
  return join(home, 'repave', 'contexts.json')
}

/**
 * What the person has noted; nothing where there is no file.
 *
 * @throws {ContextsInvalidError} when it is damaged
 */
export async function readContexts(environment: Environment): Promise<Contexts> {
  const file = contextsFile(environment)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    return { contexts: {} }
  }
  try {
    return checkedContexts(JSON.parse(text))
  } catch (thrown) {
    throw new ContextsInvalidError(file, thrown)
  }
}

const contextKeys: readonly string[] = [
  'socket',
  'url',
  'tokenFile',
  'ca',
] satisfies (keyof Context)[]

function checkedContexts(value: unknown): Contexts {
  const { current, contexts } = asRecord(value, 'the file')
  if (current !== undefined && typeof current !== 'string') {
    throw new TypeError('current: expected the name of a context')
  }
  const checked = Object.entries(asRecord(contexts ?? {}, 'contexts')).map(([name, context]) => {
    for (const [key, text] of Object.entries(asRecord(context, `contexts.${name}`))) {
      if (!contextKeys.includes(key) || typeof text !== 'string') {
        throw new TypeError(
          `contexts.${name}.${key}: expected text, under ${contextKeys.join(', ')}`,
        )
      }
    }
    return [name, context as Context] as const
  })
  return { contexts: Object.fromEntries(checked), ...(current === undefined ? {} : { current }) }
}

function asRecord(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw new TypeError(`${where}: expected an object`)
}

/** Writes them whole or not at all; only the person may read them. */
export async function writeContexts(environment: Environment, contexts: Contexts): Promise<void> {
  const file = contextsFile(environment)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const next = `${file}.next`
  await writeFile(next, `${JSON.stringify(contexts, undefined, 2)}\n`, { mode: 0o600 })
  await rename(next, file)
}

/**
 * The environment with a context under it: what is set in the environment stands over what the context says.
 *
 * @param name `--context`; else `REPAVE_CONTEXT`, else the one in use
 * @throws {ContextUnknownError} when there is none of that name
 * @throws {ContextsInvalidError} when the file is damaged
 */
export async function withContext(
  environment: Environment,
  name: string | undefined,
): Promise<Environment> {
  const { current, contexts } = await readContexts(environment)
  const chosen = name ?? (environment['REPAVE_CONTEXT'] || current)
  if (chosen === undefined) return environment
  const context = Object.hasOwn(contexts, chosen) ? contexts[chosen] : undefined
  if (context === undefined) throw new ContextUnknownError(chosen, Object.keys(contexts))
  const isElsewhere = ['REPAVE_URL', 'REPAVE_SOCKET', 'REPAVE_DATA_DIR'].some(
    (variable) => (environment[variable] ?? '') !== '',
  )
  // Where the environment leads to another daemon, the token of this one stays at home.
  if (isElsewhere && name === undefined) return environment
  const { REPAVE_URL: _url, REPAVE_SOCKET: _socket, ...rest } = environment
  return {
    ...rest,
    ...(context.socket === undefined ? {} : { REPAVE_SOCKET: context.socket }),
    ...(context.url === undefined ? {} : { REPAVE_URL: context.url }),
    ...(context.tokenFile === undefined ? {} : { REPAVE_TOKEN_FILE: context.tokenFile }),
    ...(context.ca === undefined ? {} : { REPAVE_CA: context.ca }),
  }
}

/** The value of `--context`, wherever it stands: it decides what the other options mean. */
export function contextFlag(argv: readonly string[]): string | undefined {
  const index = argv.findIndex((word) => word === '--context' || word.startsWith('--context='))
  if (index === -1) return undefined
  const [, value] = (argv[index] ?? '').split(/=(.*)/s)
  return value ?? argv[index + 1]
}
