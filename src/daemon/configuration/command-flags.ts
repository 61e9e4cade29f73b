import { Command, CommanderError } from 'commander'

import { environmentName, settings } from './settings.ts'

export type FlagReading =
  | { readonly kind: 'flags'; readonly flags: Readonly<Record<string, string | undefined>> }
  /** Help was shown, or the words were wrong and that has been said. */
  | { readonly kind: 'done'; readonly exitCode: number }

/** Reads the flags of `repave serve` and `repave config explain`: one a setting, and `--config`. */
export function readFlags(name: string, purpose: string, argv: readonly string[]): FlagReading {
  const command = new Command(name)
    .description(purpose)
    .option('--config <file>', 'settings file (default: ./repave.yaml where there is one)')
    .exitOverride()
    .addHelpText(
      'after',
      ['\nExamples:', ...examples.map((words) => `  ${name} ${words}`.trimEnd())].join('\n'),
    )
  for (const { flag, key, placeholder, description } of settings) {
    if (flag === undefined) continue
    command.option(`--${flag} <${placeholder}>`, `${description} [${environmentName(key)}]`)
  }
  try {
    command.parse([...argv], { from: 'user' })
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    return { kind: 'done', exitCode: thrown.exitCode === 0 ? 0 : 2 }
  }
  const options = command.opts<Record<string, string | undefined>>()
  const flags = command.options.map((option) => [
    option.long?.slice(2) ?? '',
    options[option.attributeName()],
  ])
  return { kind: 'flags', flags: Object.fromEntries(flags) as Record<string, string | undefined> }
}

const examples = [
  '--interface eno2',
  '--interface eno2 --pool-first 10.0.0.100 --pool-last 10.0.0.199 --router 10.0.0.1',
]
