import { CodedError } from '../../base/coded-error.ts'
import { issueMessage } from '../../contract/issue-message.ts'
import {
  type ConfigFile,
  configFileSchema,
  environmentName,
  type Setting,
  settings,
} from './settings.ts'

/** A value and where it came from, for people: `flag --interface`, `environment REPAVE_INTERFACE`, a file, `default`. */
export interface ResolvedSetting {
  readonly value: unknown
  readonly origin: string
}
export type ResolvedSettings = ReadonlyMap<string, ResolvedSetting>

/** Settings do not fit, alone or together. Carries every fault at once. */
export class ConfigInvalidError extends CodedError {
  readonly code = 'ERR_CONFIG_INVALID'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`the configuration does not fit\n${faults.map((fault) => `  ${fault}`).join('\n')}`, {
      remedy: 'repave config explain   # shows each value and where it comes from',
    })
    this.faults = faults
  }
}

export interface SettingSources {
  /** Text by flag name, without `--`. */
  readonly flags: Readonly<Record<string, string | undefined>>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly file?: { readonly path: string; readonly content: ConfigFile }
}

/**
 * What is set, by key: flag, then environment, then file.
 *
 * @throws {ConfigInvalidError} when text of a flag or variable is no value of that setting
 */
export function resolveSettings(sources: SettingSources): ResolvedSettings {
  const faults: string[] = []
  const resolved = new Map<string, ResolvedSetting>()
  for (const setting of settings) {
    const found = fromText(setting, sources) ?? fromFile(setting, sources)
    if (found === undefined) continue
    if ('fault' in found) faults.push(found.fault)
    else resolved.set(setting.key, found)
  }
  if (faults.length > 0) throw new ConfigInvalidError(faults)
  return resolved
}

function fromText(
  setting: Setting,
  { flags, environment }: SettingSources,
): ResolvedSetting | { readonly fault: string } | undefined {
  if (setting.flag === undefined) return undefined
  const flag = flags[setting.flag]
  const variable = environmentName(setting.key)
  const text = flag ?? environment[variable]
  if (text === undefined || (flag === undefined && text === '')) return undefined
  const origin = flag === undefined ? `environment ${variable}` : `flag --${setting.flag}`
  return checked(setting, setting.fromText(text), origin)
}

function fromFile(setting: Setting, { file }: SettingSources): ResolvedSetting | undefined {
  const value = memberAt(file?.content, setting.key)
  return value === undefined || file === undefined ? undefined : { value, origin: file.path }
}

function checked(
  setting: Setting,
  value: unknown,
  origin: string,
): ResolvedSetting | { readonly fault: string } {
  const [group = '', member] = setting.key.split('.')
  const document = member === undefined ? { [group]: value } : { [group]: { [member]: value } }
  const reading = configFileSchema.safeParse(document)
  if (reading.success) return { value: memberAt(reading.data, setting.key), origin }
  const messages = reading.error.issues.map((issue) =>
    issueMessage(issue, memberAt(document, issue.path.join('.'))),
  )
  return { fault: `${origin}: ${messages.join('; ')}` }
}

function memberAt(document: unknown, key: string): unknown {
  return key
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null
          ? (value as Record<string, unknown>)[name]
          : undefined,
      document,
    )
}
