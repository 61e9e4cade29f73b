import type { Command } from 'commander'

import type { Run } from '../contract/run.ts'
import { durationText } from '../presentation/duration-text.ts'
import { runLines } from '../presentation/run-lines.ts'
import { currentTask, hasEnded } from '../presentation/run-stages.ts'
import { shortId } from '../presentation/shown-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { readRuns } from './daemon-lists.ts'
import { followRuns } from './follow-runs.ts'
import { addListVerb } from './list-verb.ts'
import { printThing } from './output.ts'
import { progressOption, type ProgressOptions } from './progress-style.ts'
import { resolveRun } from './references.ts'
import { addLogsCommand } from './run-logs.ts'
import { addVerbCommands } from './run-verbs.ts'

/** `repave run list|show|watch`, and what a person can do to a run. */
export function runCommands(line: CommandLine, program: Command): void {
  const run = program
    .command('run')
    .description(
      'runs of workflows: list, show, watch, logs; approve, hold, release, step, skip, retry, cancel',
    )
  addListCommand(line, run)
  addShowCommand(line, run)
  addWatchCommand(line, run)
  addLogsCommand(line, run)
  addVerbCommands(line, run)
  run.addHelpText('after', '\nExamples:\n  repave run list\n  repave run watch --all --until-done')
}

function addListCommand(line: CommandLine, parent: Command): void {
  addListVerb<Run>(line, parent, {
    summary: 'every run, the newest first',
    examples: ['run list', 'run list --output jsonl'],
    topics: ['run.*.*'],
    read: async (connection) => {
      const { items, seq } = await readRuns(connection)
      const nowMs = Date.now()
      return {
        kind: 'RunList',
        items: items.toSorted((left, right) => right.createdAtMs - left.createdAtMs),
        rev: seq,
        nameOf: (run) => run.id,
        columns: [
          ['ID', (run) => shortId(run.id)],
          ['MACHINE', (run) => run.machineName],
          ['WORKFLOW', (run) => run.workflow],
          ['IMAGE', (run) => run.params.imageName ?? '-'],
          ['STATE', (run) => run.state],
          ['STAGE', (run) => (hasEnded(run) ? '-' : (currentTask(run)?.stage ?? '-'))],
          ['TOOK', (run) => durationText((run.endedAtMs ?? nowMs) - run.createdAtMs)],
        ],
      }
    },
  })
}

function addShowCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'show <run>',
    summary: 'one run: its plan, what it waits for, its proof',
    examples: ['run show 6f1c2d3e', 'run show node-1 --output json'],
  }).action(
    runs(line, async (reference: string, options: CommonOptions) => {
      const run = await resolveRun(connectionOf(line, options), reference)
      await printRun(line, options, run, runLines(run, Date.now()))
      return 0
    }),
  )
}

interface WatchOptions extends CommonOptions, ProgressOptions {
  readonly all: boolean
  readonly untilDone: boolean
}

function addWatchCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'watch [runs...]',
    summary: 'follow runs as plain lines: states, progress, and the proof of each',
    examples: ['run watch node-1', 'run watch --all --until-done'],
  })
    .option('--all', "every machine's newest run, and those that begin meanwhile", false)
    .option('--until-done', 'leave when all have ended; 0 only when all succeeded', false)
    .addOption(progressOption())
    .action(
      runs(line, async (references: string[], options: WatchOptions) => {
        const connection = connectionOf(line, options)
        const { untilDone, progress } = options
        if (options.all || references.length === 0) {
          return followRuns(line.world, connection, { untilDone, progress })
        }
        const found: string[] = []
        for (const reference of references) {
          found.push((await resolveRun(connection, reference)).id)
        }
        return followRuns(line.world, connection, { only: found, untilDone: true, progress })
      }),
    )
}

function printRun(
  line: CommandLine,
  options: CommonOptions,
  run: Run,
  lines: readonly string[],
): Promise<void> {
  return printThing(line.world, options.output, { kind: 'Run', value: run, name: run.id, lines })
}
