import type { Command, Option } from 'commander'

import { type CommandLine, connectionOf } from './command-line.ts'
import { readMachines, readRuns, readWorkflows } from './daemon-lists.ts'
import type { DaemonConnection } from '../operator-client/daemon-request.ts'
import { readImages } from './image-reference.ts'

/** A shell waits for this; a daemon that takes longer completes nothing. */
const patienceMs = 1000

type ReadNames = (connection: DaemonConnection) => Promise<string[]>

const machineNames: ReadNames = async (connection) =>
  (await readMachines(connection)).items.map(({ name }) => name)
const runIds: ReadNames = async (connection) =>
  (await readRuns(connection)).items.map(({ id }) => id)
const workflowNames: ReadNames = async (connection) =>
  (await readWorkflows(connection)).map(({ name }) => name)
const imageNames: ReadNames = async (connection) =>
  (await readImages(connection)).map(({ name }) => name)

/** What stands for what, by the name of an argument or of an option. */
const namesOf: Readonly<Record<string, ReadNames>> = {
  machine: machineNames,
  machines: machineNames,
  run: runIds,
  runs: runIds,
  image: imageNames,
  workflow: workflowNames,
}

/**
 * What the last of `words` may become: verbs, options, and names that the daemon knows. Never fails: where
 * nothing can be said, nothing is.
 */
export async function completions(
  line: CommandLine,
  program: Command,
  words: readonly string[],
): Promise<string[]> {
  const begun = words.at(-1) ?? ''
  const { command, operands, awaits } = walk(program, words.slice(0, -1))
  const found = await candidates(line, { command, operands, awaits, begun })
  return [...new Set(found)].filter((word) => word.startsWith(begun)).toSorted()
}

interface Place {
  readonly command: Command
  /** How many of the command's arguments stand there already. */
  readonly operands: number
  /** The option whose value comes next. */
  readonly awaits: Option | undefined
}

function walk(program: Command, words: readonly string[]): Place {
  let command = program
  let operands = 0
  let awaits: Option | undefined
  for (const word of words) {
    if (awaits !== undefined) awaits = undefined
    else if (word.startsWith('-')) awaits = optionOf(command, word)
    else {
      const next = command.commands.find((one) => [one.name(), ...one.aliases()].includes(word))
      if (next === undefined) operands++
      else command = next
    }
  }
  return { command, operands, awaits }
}

/** The option that `word` is, where it takes a value. */
function optionOf(command: Command, word: string): Option | undefined {
  const option = command.options.find(({ long, short }) => word === long || word === short)
  return option?.required === true || option?.optional === true ? option : undefined
}

async function candidates(
  line: CommandLine,
  { command, operands, awaits, begun }: Place & { begun: string },
): Promise<readonly string[]> {
  if (awaits !== undefined) {
    return awaits.argChoices ?? knownNames(line, awaits.attributeName())
  }
  if (begun.startsWith('-')) {
    return command.options.flatMap(({ long }) => long ?? []).concat('--help')
  }
  if (command.commands.length > 0) return command.commands.map((one) => one.name())
  const last = command.registeredArguments.at(-1)
  const argument =
    command.registeredArguments[operands] ?? (last?.variadic === true ? last : undefined)
  if (argument === undefined) return []
  return argument.argChoices ?? knownNames(line, argument.name())
}

async function knownNames(line: CommandLine, kind: string): Promise<string[]> {
  const read = Object.hasOwn(namesOf, kind) ? namesOf[kind] : undefined
  if (read === undefined) return []
  try {
    const { signal, endpoint } = connectionOf(line, { output: 'name' })
    const soon = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
    return await read({ endpoint, signal: soon })
  } catch {
    // No daemon, or none that this user may ask: a shell shows no errors while one types.
    return []
  }
}
