import { parse } from 'yaml'

import { isSecret, type Param, type ParamValue, type ParamValues } from '../contract/param.ts'
import { paramListSchema } from '../contract/param-documents.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'
import { UsageError } from './errors.ts'

/** Every param that the content in force has. */
export async function readParams(connection: DaemonConnection): Promise<readonly Param[]> {
  return (await askDaemon(connection, { path: '/params' }, paramListSchema)).items
}

/**
 * `NAME=VALUE` as each param wants its value; the daemon judges whether it fits. An empty value is `null`,
 * which takes the param away.
 *
 * @throws {UsageError} for one without `=`
 */
export async function readParamChanges(
  connection: DaemonConnection,
  words: readonly string[],
): Promise<Record<string, ParamValue | null>> {
  const pairs = words.map(readPair)
  const params = new Map(
    (pairs.length === 0 ? [] : await readParams(connection)).map((param) => [param.name, param]),
  )
  return Object.fromEntries(
    pairs.map(([name, text]) => [name, text === '' ? null : paramValueOf(params.get(name), text)]),
  )
}

/** {@link readParamChanges} where there is nothing to take away. @throws {UsageError} */
export async function readParamValues(
  connection: DaemonConnection,
  words: readonly string[],
): Promise<ParamValues> {
  const changes = await readParamChanges(connection, words)
  const [empty] = Object.entries(changes).find(([, value]) => value === null) ?? []
  if (empty !== undefined) throw new UsageError(`--param ${empty}= says no value`)
  return changes
}

/** A text from the command line as the param takes it. What cannot be read stays text: the daemon says why not. */
export function paramValueOf(param: Param | undefined, text: string): ParamValue {
  switch (param?.type) {
    case 'integer':
    case 'number':
      return /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : text
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'list':
    case 'map':
      return yamlOr(text)
    case 'string':
      return isSecret(param) ? secretOf(text) : text
    case 'enum':
    case undefined:
      break
  }
  return text
}

/** @throws {UsageError} for what may be the secret itself, which is not repeated */
function secretOf(text: string): ParamValue {
  const file = /^secret:(.+)$/.exec(text)?.[1]
  if (file !== undefined) return { secret: file }
  throw new UsageError('a secret does not belong on a command line', {
    remedy:
      "--param NAME=secret:FILE, where FILE lies in the folder secrets of the daemon's data directory",
  })
}

function yamlOr(text: string): ParamValue {
  try {
    return parse(text) as ParamValue
  } catch {
    return text
  }
}

function readPair(word: string): readonly [string, string] {
  const at = word.indexOf('=')
  if (at < 1) throw new UsageError(`--param takes NAME=VALUE, not "${word}"`)
  return [word.slice(0, at), word.slice(at + 1)]
}
