import type { FrozenParams, ParamValue } from '../../../contract/param.ts'
import { ParamInvalidError } from './errors.ts'
import { type ParamSources, secretOf } from './params-for-run.ts'
import { paramsWithin } from './resolve-params.ts'

/** What the kernel takes for arguments and environment of one program is 2 MiB; scripts start programs, too. */
const longestEnvironment = 131_072

export interface ScriptParams {
  /** By name, `REPAVE_PARAM_CONSOLE_SPEED`. */
  readonly variables: Readonly<Record<string, string>>
  /** Which of them hold secrets: their values must not appear in a log. */
  readonly secretVariables: readonly string[]
}

/**
 * Params as a script finds them: a text as it is, everything else as JSON. A variable is no part of the
 * script's text, so no value can break out of its place.
 *
 * @throws {ParamSecretError} {@link ParamInvalidError}
 */
export async function scriptParams(
  frozen: FrozenParams,
  { stage, secrets }: { readonly stage: string; readonly secrets: readonly string[] },
  sources: ParamSources,
): Promise<ScriptParams> {
  const plain = paramsWithin(frozen, stage)
    .filter(({ isSecret }) => isSecret !== true)
    .map(({ name, value }) => [variableName(name), variableText(value)] as const)
  const length = plain.reduce((sum, [name, text]) => sum + name.length + text.length, 0)
  if (length > longestEnvironment) {
    throw new ParamInvalidError([`the params of stage ${stage} are longer than 128 KiB together`])
  }
  const handed: (readonly [string, string])[] = []
  for (const name of secrets) {
    handed.push([variableName(name), await secretOf(name, frozen, stage, sources)])
  }
  return {
    variables: Object.fromEntries([...plain, ...handed]),
    secretVariables: handed.map(([name]) => name),
  }
}

/** `console-speed` → `REPAVE_PARAM_CONSOLE_SPEED`. */
export function variableName(param: string): string {
  return `REPAVE_PARAM_${param.replaceAll('-', '_').toUpperCase()}`
}

function variableText(value: ParamValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
