import type { Command } from 'commander'

import type { RepaveEvent } from '../contract/event.ts'
import { linesOfEvent } from '../presentation/event-facts.ts'
import { noteText } from '../presentation/event-text.ts'
import { shownText } from '../presentation/shown-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { readMachines } from './daemon-lists.ts'
import { printRecord } from './machine-record.ts'
import { findMachine } from './references.ts'
import { readSince } from './since.ts'

interface RecordOptions extends CommonOptions {
  readonly follow: boolean
  readonly since?: string
}

/** `repave machine timeline|logs`. */
export function addRecordCommands(line: CommandLine, parent: Command): void {
  addRecordCommand(line, parent, {
    verb: 'timeline',
    summary: 'all that happened to a machine: boots, runs, its log, in one order',
    linesOf: timelineLines,
  })
  addRecordCommand(line, parent, {
    verb: 'logs',
    summary: 'what the agent of a machine has printed',
    topic: 'log.*.*',
    linesOf: logLines,
  })
}

interface RecordVerb {
  readonly verb: string
  readonly summary: string
  readonly topic?: string
  linesOf(event: RepaveEvent): readonly string[]
}

function addRecordCommand(line: CommandLine, parent: Command, verb: RecordVerb): void {
  const { topic, linesOf } = verb
  addCommand(line, parent, {
    words: `${verb.verb} <machine>`,
    summary: verb.summary,
    examples: [`machine ${verb.verb} node-1 --since 10m`, `machine ${verb.verb} node-1 --follow`],
  })
    .option('-f, --follow', 'stay, and print what happens', false)
    .option('--since <when>', 'begin after this event number, or that long ago (90s, 10m, 2h)')
    .action(
      runs(line, async (reference: string, options: RecordOptions) => {
        const connection = connectionOf(line, options)
        const machine = findMachine((await readMachines(connection)).items, reference)
        const since = await readSince(connection, options.since)
        return printRecord(line.world, connection, options, {
          ...{ machine, linesOf, follow: options.follow },
          ...(topic === undefined ? {} : { topic }),
          ...(since === undefined ? {} : { since }),
        })
      }),
    )
}

/** `2026-11-26T01:07:49  boot     boots sledgehammer: …`; a log has a line for each of its own. */
function timelineLines(event: RepaveEvent): string[] {
  // Every step of a run also changes the machine's record; the step itself tells.
  if (event.type === 'machine' && event.action === 'updated') return []
  const texts = event.type === 'log' ? linesOfEvent(event).map(shownLine) : [noteText(event)]
  const source = shownText(event.type === 'log' ? '|' : event.type, 12).padEnd(8)
  return texts.map((text) => `${timeText(event)}  ${source} ${text}`.trimEnd())
}

/** `2026-11-26T01:07:49  chunk 41/72 ok`. */
export function logLines(event: RepaveEvent): string[] {
  return linesOfEvent(event).map((text) => `${timeText(event)}  ${shownLine(text)}`)
}

function shownLine(text: string): string {
  return shownText(text, 2000)
}

function timeText({ timeMs }: RepaveEvent): string {
  return new Date(timeMs).toISOString().slice(0, 19)
}
