import { type Command, Option } from 'commander'

import { isSet } from '../presentation/environment-text.ts'
import { chooseEndpoint } from '../presentation/operator-endpoint.ts'
import type { CliWorld } from './cli-world.ts'
import type { DaemonConnection } from '../operator-client/daemon-request.ts'
import { type ListOptions, outputOption } from './output.ts'

/** The command line being run: the world, and what came of it. */
export interface CommandLine {
  readonly world: CliWorld
  exitCode: number
}

/** Options that every command has; shown by `repave help options` rather than on each page. */
export interface CommonOptions extends ListOptions {
  readonly socket?: string
  readonly url?: string
  readonly tokenFile?: string
  readonly ca?: string
  readonly readOnly?: boolean
}

/** A noun or a verb below `parent`, with the options that all have and two examples. */
export function addCommand(
  line: CommandLine,
  parent: Command,
  { words, summary, examples }: { words: string; summary: string; examples: readonly string[] },
): Command {
  const command = parent.command(words).description(summary)
  command
    .addOption(new Option('--context <name>', 'the daemon of that name').hideHelp())
    .addOption(new Option('--read-only', 'refuse whatever would change something').hideHelp())
    .addOption(new Option('--socket <path>', "the daemon's unix socket").hideHelp())
    .addOption(new Option('--url <url>', "the daemon's address").hideHelp())
    .addOption(new Option('--token-file <file>', 'holds the token to show there').hideHelp())
    .addOption(new Option('--ca <file>', 'certificate of the authority to trust').hideHelp())
    .addOption(outputOption(line.world.environment).hideHelp())
    .addOption(new Option('--columns <headings>', 'columns of a table, in this order').hideHelp())
  return withExamples(command, examples)
}

export function withExamples(command: Command, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  repave ${example}`)
  return command.addHelpText('after', ['\nExamples:', ...lines].join('\n'))
}

/** Runs `handler` as the command's action and keeps the exit code that it resolves to. */
export function runs<Args extends unknown[]>(
  line: CommandLine,
  handler: (...args: Args) => Promise<number>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    line.exitCode = await handler(...args)
  }
}

export function connectionOf(line: CommandLine, options: CommonOptions): DaemonConnection {
  const { environment, isRoot, signal } = line.world
  return {
    endpoint: chooseEndpoint({
      ...{ socket: options.socket, url: options.url },
      ...{ tokenFile: options.tokenFile, authorityFile: options.ca },
      ...{ environment, isRoot },
    }),
    isReadOnly: options.readOnly === true || isSet(environment['REPAVE_READ_ONLY']),
    signal,
  }
}
