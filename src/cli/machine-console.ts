import { type FileHandle, open, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { type Command, InvalidArgumentError } from 'commander'

import { type Consoles, consolesFileName, consolesSchema } from '../contract/consoles.ts'
import type { Machine } from '../contract/machine.ts'
import type { DaemonConnection } from '../operator-client/daemon-request.ts'
import { consoleLines } from '../presentation/console-lines.ts'
import { type CliWorld, writeLines } from './cli-world.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { readMachines } from './daemon-lists.ts'
import { ConsoleUnknownError, FileUnusableError } from './errors.ts'
import { exitCodes } from './exit-code.ts'
import { beginAppending, jsonText, printThing } from './output.ts'
import { findMachine } from './references.ts'

interface ConsoleOptions extends CommonOptions {
  readonly follow: boolean
  readonly lines: number
}

/** `repave machine console`: what a machine has said on its serial line, where somebody keeps that. */
export function addConsoleCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'console <machine>',
    summary:
      'the end of its serial line, where this host keeps it: machines of the lab and of the demo',
    examples: ['machine console uefi-1 --lines 40', 'machine console uefi-1 --follow'],
  })
    .option('-f, --follow', 'stay, and print what comes', false)
    .option('--lines <count>', 'so many of the last lines', readCount, 100)
    .action(
      runs(line, async (reference: string, { follow, lines, ...options }: ConsoleOptions) => {
        const connection = connectionOf(line, options)
        const machine = findMachine((await readMachines(connection)).items, reference)
        await using log = await openLog(await logFileOf(connection, machine))
        const shown = await log.readEnd(lines)
        if (follow) return await followLog(line.world, options, shown, log)
        await printThing(line.world, options.output, {
          ...{ kind: 'Console', value: { machineName: machine.name, lines: shown } },
          ...{ name: machine.name, lines: shown },
        })
        return exitCodes.done
      }),
    )
}

function readCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 0 && count <= 10_000) return count
  throw new InvalidArgumentError('a number from 0 to 10000')
}

/** @throws {ConsoleUnknownError} with what there is instead */
async function logFileOf(
  { endpoint }: DaemonConnection,
  { name, macAddresses }: Machine,
): Promise<string> {
  const unknown = (why: string) =>
    new ConsoleUnknownError(`nobody keeps the serial line of ${name} here`, {
      cause: new Error(why),
      remedy: `repave machine logs ${name}, which is what its agent prints; or its own console: serial over LAN, a screen`,
    })
  if (endpoint.kind !== 'socket') throw unknown('serial lines are kept on the host of the daemon')
  const directory = dirname(endpoint.socketPath)
  const { consoles } = await readConsoles(join(directory, consolesFileName))
  const found = consoles.find(({ macAddress }) => macAddresses.includes(macAddress))
  if (found === undefined) {
    throw unknown(`${join(directory, consolesFileName)} names no log of ${macAddresses.join(', ')}`)
  }
  return resolve(directory, found.logFile)
}

async function readConsoles(file: string): Promise<Consoles> {
  try {
    return consolesSchema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return { consoles: [] }
    throw new FileUnusableError(`cannot read ${file}`, { cause: thrown })
  }
}

/** A machine that has never been on has no log yet. @throws {FileUnusableError} */
async function openLog(file: string): Promise<ConsoleLog> {
  try {
    return new ConsoleLog(await open(file))
  } catch (thrown) {
    throw new FileUnusableError(`cannot read ${file}`, { cause: thrown })
  }
}

/** Enough for every line that may be asked for. */
const endBytes = 1_048_576

/** A log that somebody else writes. */
class ConsoleLog implements AsyncDisposable {
  readonly #file: FileHandle
  #position = 0
  #decoder = new TextDecoder()
  #begun = ''

  constructor(file: FileHandle) {
    this.#file = file
  }

  /** The last lines there are, one that has not ended included; {@link readOn} goes on behind them. */
  async readEnd(count: number): Promise<string[]> {
    const { size } = await this.#file.stat()
    this.#position = Math.max(0, size - endBytes)
    const lines = consoleLines(await this.#read(size))
    if (lines.at(-1) === '') lines.pop()
    return count === 0 ? [] : lines.slice(-count)
  }

  /** The lines that have ended since; from the start of a log that was begun anew. */
  async readOn(): Promise<string[]> {
    const { size } = await this.#file.stat()
    if (size < this.#position) {
      this.#position = 0
      this.#decoder = new TextDecoder()
      this.#begun = ''
    }
    const text = this.#begun + (await this.#read(size))
    const end = text.lastIndexOf('\n') + 1
    this.#begun = text.slice(end).slice(-endBytes)
    return end === 0 ? [] : consoleLines(text.slice(0, end - 1))
  }

  async #read(end: number): Promise<string> {
    const bytes = new Uint8Array(Math.max(0, end - this.#position))
    const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, this.#position)
    this.#position += bytesRead
    return this.#decoder.decode(bytes.subarray(0, bytesRead), { stream: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

/** A file is looked at rather than watched: over NFS nobody tells of changes. */
const lookMs = 250

async function followLog(
  { stdout, signal }: CliWorld,
  { output }: CommonOptions,
  shown: readonly string[],
  log: ConsoleLog,
): Promise<number> {
  beginAppending({ stdout }, '--follow', output)
  const isJson = output === 'jsonl'
  const print = (lines: readonly string[]) =>
    writeLines(stdout, isJson ? lines.map((text) => jsonText({ line: text })) : lines)
  print(shown)
  while (!signal.aborted) {
    print(await log.readOn())
    await sleep(lookMs, undefined, { signal }).catch(() => undefined)
  }
  return exitCodes.interrupted
}
