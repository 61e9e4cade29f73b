import { type Command, Option } from 'commander'

import { isSet } from '../presentation/environment-text.ts'
import { chooseEndpoint } from '../presentation/operator-endpoint.ts'
import type { CliWorld } from './cli-world.ts'
import type { DaemonConnection } from '../operator-client/daemon-request.ts'
import { UnsentChange } from '../operator-client/errors.ts'
import { jsonText, type ListOptions, outputOption, printThing } from './output.ts'

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
  /** Of a command that changes something: say what would be asked, and ask nothing. */
  readonly dryRun?: boolean
}

export interface CommandFacts {
  readonly words: string
  readonly summary: string
  /** Two at least. */
  readonly examples: readonly string[]
}

/** A verb that asks the daemon to change something: `--dry-run` says what would be asked instead. */
export function addChange(line: CommandLine, parent: Command, facts: CommandFacts): Command {
  return addCommand(line, parent, facts).option(
    '--dry-run',
    'say what would be asked of the daemon, and change nothing',
    false,
  )
}

/** A noun or a verb below `parent`, with the options that all have and two examples. */
export function addCommand(
  line: CommandLine,
  parent: Command,
  { words, summary, examples }: CommandFacts,
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

/**
 * Runs `handler` as the command's action and keeps the exit code that it resolves to. A dry run ends well where
 * it would have changed something.
 */
export function runs<Args extends unknown[]>(
  line: CommandLine,
  handler: (...args: Args) => Promise<number>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    try {
      line.exitCode = await handler(...args)
    } catch (thrown) {
      if (!(thrown instanceof UnsentChange)) throw thrown
      // What commander hands over ends with the options and the command.
      await printUnsent(line.world, args.at(-2) as CommonOptions, thrown)
    }
  }
}

async function printUnsent(
  world: CliWorld,
  { output }: CommonOptions,
  { method, path, body }: UnsentChange,
): Promise<void> {
  const shownBody = body === undefined ? '' : ` ${jsonText(body)}`
  await printThing(world, output, {
    kind: 'DryRun',
    value: { method, path: `/api/v1${path}`, ...(body === undefined ? {} : { body }) },
    name: `${method} ${path}`,
    lines: [`would send  ${method} /api/v1${path}${shownBody}`, 'nothing was changed'],
  })
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
    isDryRun: options.dryRun === true,
    signal,
  }
}

/** Of an option that can be given more than once: what came before, and this. */
export function collected(value: string, before: readonly string[]): string[] {
  return [...before, value]
}
