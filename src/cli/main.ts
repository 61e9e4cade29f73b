import { Command } from 'commander'

import { contextFlag, withContext } from '../operator-client/contexts.ts'
import { errorLines } from '../presentation/error-text.ts'
import { nearestNames } from '../presentation/nearest-names.ts'
import { type CliWorld, processWorld, writeLines } from './cli-world.ts'
import { type CommandLine, withExamples } from './command-line.ts'
import { exitCodeOf, exitCodes } from './exit-code.ts'

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
    const program = await buildProgram(line, argv, otherCommands)
    await program.parseAsync([...argv], { from: 'user' })
    return line.exitCode
  } catch (thrown) {
    if (world.signal.aborted) return exitCodes.interrupted
    if (!isCommanderError(thrown)) writeLines(world.stderr, errorLines(thrown))
    return exitCodeOf(thrown)
  }
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

/** `repave help options`: what every command takes, in one place. */
function addOptionsTopic(line: CommandLine, program: Command): void {
  const topic = [
    '',
    'Every command takes:',
    '  --context <name>    the daemon that goes by that name: repave context list (REPAVE_CONTEXT)',
    "  --socket <path>     the daemon's unix socket (REPAVE_SOCKET)",
    "  --url <url>         the daemon's address, such as https://10.0.0.1:8092 (REPAVE_URL)",
    '  --token-file <file> holds the token to show there (REPAVE_TOKEN, REPAVE_TOKEN_FILE)',
    "  --ca <file>         the authority to trust: tls/authority.pem of the daemon's data (REPAVE_CA)",
    '  -o, --output <format>  table, wide, json, jsonl, yaml or name (REPAVE_OUTPUT)',
    '  --columns <a,b>     these columns of a table, in this order',
    '  --read-only         refuse whatever would change something (REPAVE_READ_ONLY)',
  ]
  program.addHelpText('after', topic.join('\n'))
  const command = program
    .command('options')
    .description('options that every command takes')
    .action(() => writeLines(line.world.stdout, topic.slice(1)))
  withExamples(command, ['machine list --output json', 'status --url http://127.0.0.1:8092'])
}

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
  return [what.replace(/^error:/, 'error[ERR_USAGE]:'), ...tries.map((hint) => `  try   ${hint}`)]
    .map((row) => `${row}\n`)
    .join('')
}

function isCommanderError(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown } | undefined)?.code
  return typeof code === 'string' && code.startsWith('commander.')
}
