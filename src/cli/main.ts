import '../contract/interpret-schemas.ts'

import { Command } from 'commander'

import { contextFlag, withContext } from '../operator-client/contexts.ts'
import { errorLines } from '../presentation/error-text.ts'
import { nearestNames } from '../presentation/nearest-names.ts'
import { shownText } from '../presentation/shown-text.ts'
import { type CliWorld, processWorld, writeLines } from './cli-world.ts'
import { type CommandLine, withExamples } from './command-line.ts'
import { exitCodeOf, exitCodes } from './exit-code.ts'
import { helpTopics } from './help-topics.ts'
import { nouns } from './nouns.ts'

/**
 * Runs one `repave` command as a client of the daemon.
 *
 * @param argv the words behind `repave`
 * @param otherCommands what `repave` can do besides, for a misspelt word to be compared with
 * @returns the exit code
 */
export async function runCliCommand(
  argv: readonly string[],
  otherCommands: readonly string[],
): Promise<number> {
  const interruption = new AbortController()
  const interrupt = () => interruption.abort()
  // Once: a second interrupt ends the process, whatever it waits for.
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', interrupt)
  try {
    return await runInWorld(argv, processWorld(interruption.signal), otherCommands)
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

/** {@link runCliCommand} in a world of the caller's. */
export async function runInWorld(
  argv: readonly string[],
  world: CliWorld,
  otherCommands: readonly string[] = [],
): Promise<number> {
  const line = { world, exitCode: exitCodes.done as number }
  try {
    line.world = await placed(world, argv)
    if (argv[0] === 'complete' && argv[1] === '--') {
      const words = argv.slice(2)
      const { completions } = await import('./complete.ts')
      const program = await buildProgram(line, words, otherCommands)
      writeLines(world.stdout, await completions(line, program, words))
      return exitCodes.done
    }
    const topic = argv[0] === 'help' ? topicOf(argv[1]) : undefined
    if (topic !== undefined) {
      writeLines(world.stdout, topic)
      return exitCodes.done
    }
    const words = inFull(argv)
    const program = await buildProgram(line, words, otherCommands)
    await program.parseAsync(unasked(program, words), { from: 'user' })
    return line.exitCode
  } catch (thrown) {
    if (world.signal.aborted) return exitCodes.interrupted
    if (!isCommanderError(thrown)) writeLines(world.stderr, errorLines(thrown))
    return exitCodeOf(thrown)
  }
}

function topicOf(word: string | undefined): readonly string[] | undefined {
  return word !== undefined && Object.hasOwn(helpTopics, word) ? helpTopics[word] : undefined
}

/** `help machine list` is `machine list --help`, and `--version` a command. */
function inFull(argv: readonly string[]): readonly string[] {
  const [word, ...rest] = argv
  if (word === '--version' || word === '-V') return ['version', ...rest]
  return word === 'help' && rest.length > 0 ? [...rest, '--help'] : argv
}

/** Commander answers a misspelt command with help where that is asked for; without, it tells what was meant. */
function unasked(program: Command, words: readonly string[]): string[] {
  let command = program
  for (const word of words) {
    if (word.startsWith('-') || command.commands.length === 0) break
    const next = command.commands.find((one) =>
      [one.name(), ...one.aliases(), 'help'].includes(word),
    )
    if (next === undefined) return words.filter((one) => one !== '--help' && one !== '-h')
    command = next
  }
  return [...words]
}

/** The world with the chosen context under its environment; what changes contexts needs none. */
async function placed(world: CliWorld, argv: readonly string[]): Promise<CliWorld> {
  if (argv[0] === 'context') return world
  return { ...world, environment: await withContext(world.environment, contextFlag(argv)) }
}

async function buildProgram(
  line: CommandLine,
  argv: readonly string[],
  otherCommands: readonly string[],
): Promise<Command> {
  const { stdout, stderr } = line.world
  const program = new Command('repave')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(usageErrorText(text, otherCommands)),
    })
  withExamples(program, ['machine list', 'machine deploy node-1 --image debian-12'])
  for (const noun of nouns) {
    if (argv.slice(0, 2).some((word) => word === noun.name || word === noun.alias)) {
      const addTo = await noun.load()
      addTo(line, program)
    } else {
      program.command(noun.name).description(noun.summary)
    }
    const command = program.commands.find((candidate) => candidate.name() === noun.name)
    if (noun.alias !== undefined) command?.alias(noun.alias)
  }
  // Only to be completed: the door takes these words before.
  for (const word of otherCommands) program.command(word, { hidden: true })
  addOptionsTopic(line, program)
  return program
}

/** `repave options`: what every command takes, in one place; and the other topics. */
function addOptionsTopic(line: CommandLine, program: Command): void {
  const { options = [] } = helpTopics
  program.addHelpText(
    'after',
    `\n${[...options, '', `More: repave help ${Object.keys(helpTopics).join('|')}`].join('\n')}`,
  )
  const command = program
    .command('options')
    .description('options that every command takes')
    .action(() => writeLines(line.world.stdout, options))
  withExamples(command, ['machine list --output json', 'status --url http://127.0.0.1:8092'])
}

/** What was typed is repeated, though not without end. */
const longestUsageError = 300

function usageErrorText(text: string, otherCommands: readonly string[]): string {
  const [what = '', ...hints] = text.trim().split('\n')
  const unknown = /unknown command '(.*)'/.exec(what)?.[1]
  // Commander compares with what it knows itself.
  const near = unknown === undefined ? [] : nearestNames(unknown, otherCommands)
  const tries = [
    ...hints.map((hint) => hint.replaceAll(/^\(|\)$/g, '')),
    ...near.map((word) => `repave ${word}`),
    'repave help',
  ]
  const shown = (row: string) => shownText(row, longestUsageError)
  return [
    shown(what.replace(/^error:/, 'error[ERR_USAGE]:')),
    ...tries.map((hint) => `  try   ${shown(hint)}`),
  ]
    .map((row) => `${row}\n`)
    .join('')
}

function isCommanderError(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown } | undefined)?.code
  return typeof code === 'string' && code.startsWith('commander.')
}
