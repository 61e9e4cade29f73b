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

interface Noun {
  readonly name: string
  readonly alias?: string
  readonly summary: string
  /** Loaded only when the noun is used: the command line has to start fast. */
  load(): Promise<(line: CommandLine, program: Command) => void>
}

const nouns: readonly Noun[] = [
  {
    name: 'machine',
    alias: 'm',
    summary: 'machines: list, show, add, deploy',
    load: async () => (await import('./machine.ts')).machineCommands,
  },
  {
    name: 'rule',
    summary: 'what becomes of new machines: list, dry-run',
    load: async () => (await import('./rule.ts')).ruleCommands,
  },
  {
    name: 'run',
    summary: 'runs of workflows: list, show, watch, cancel, approve',
    load: async () => (await import('./run.ts')).runCommands,
  },
  {
    name: 'image',
    summary: 'images: list, show, history, diff, import, export, verify, rm',
    load: async () => (await import('./image.ts')).imageCommands,
  },
  {
    name: 'key',
    summary: 'keys that sign images: list, rotate',
    load: async () => (await import('./key.ts')).keyCommands,
  },
  {
    name: 'token',
    summary: 'who may use the API over TCP: list, create, revoke',
    load: async () => (await import('./token.ts')).tokenCommands,
  },
  {
    name: 'audit',
    summary: 'who changed what: list, verify',
    load: async () => (await import('./audit.ts')).auditCommands,
  },
  {
    name: 'receipt',
    summary: 'proofs of writes: show, verify',
    load: async () => (await import('./receipt.ts')).receiptCommands,
  },
  {
    name: 'event',
    summary: 'what happens: watch',
    load: async () => (await import('./event.ts')).eventCommands,
  },
  {
    name: 'wait',
    summary: 'until a machine or a run is as you say',
    load: async () => (await import('./wait.ts')).waitCommand,
  },
  {
    name: 'lease',
    summary: 'who has which address: list, release',
    load: async () => (await import('./lease.ts')).leaseCommands,
  },
  {
    name: 'subnet',
    summary: 'networks with addresses: list, show',
    load: async () => (await import('./subnet.ts')).subnetCommands,
  },
  {
    name: 'content',
    summary: 'YAML folders in force: new, list, check, plan, apply, watch, diff',
    load: async () => (await import('./content.ts')).contentCommands,
  },
  {
    name: 'workflow',
    summary: 'ordered stages that machines go through: list, show',
    load: async () => (await import('./workflow.ts')).workflowCommands,
  },
  {
    name: 'stage',
    summary: 'named steps of workflows: list, show',
    load: async () => (await import('./workflow.ts')).stageCommands,
  },
  {
    name: 'bootenv',
    summary: 'what a machine can boot: list, show, render',
    load: async () => (await import('./bootenv.ts')).bootEnvCommands,
  },
  {
    name: 'profile',
    summary: 'params that machines share: list, show',
    load: async () => (await import('./profile.ts')).profileCommands,
  },
  {
    name: 'param',
    summary: 'params of machines: list, show',
    load: async () => (await import('./param.ts')).paramCommands,
  },
  {
    name: 'doctor',
    summary: 'what stands in the way of network boot, and what helps',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  {
    name: 'status',
    summary: 'the daemon on one screen',
    load: async () => (await import('./status.ts')).statusCommand,
  },
  {
    name: 'web',
    summary: 'a link that lets a browser look on',
    load: async () => (await import('./web.ts')).webCommand,
  },
  {
    name: 'context',
    summary: 'daemons that you work with, by name: list, set, use, rm',
    load: async () => (await import('./context.ts')).contextCommands,
  },
  {
    name: 'version',
    summary: 'the version of this command, and of the daemon',
    load: async () => (await import('./version.ts')).versionCommand,
  },
  {
    name: 'completion',
    summary: 'completion for bash, zsh or fish',
    load: async () => (await import('./completion.ts')).completionCommand,
  },
]

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
