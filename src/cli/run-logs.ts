import type { Command } from 'commander'

import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { readMachines } from './daemon-lists.ts'
import { printRecord } from './machine-record.ts'
import { logLines } from './machine-timeline.ts'
import { findMachine, resolveRun } from './references.ts'

/** `repave run logs`: what the agent printed while it worked on a run. */
export function addLogsCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'logs <run>',
    summary: 'what the agent has printed while it worked on a run',
    examples: ['run logs 6f1c2d3e', 'run logs node-1 --follow'],
  })
    .option('-f, --follow', 'stay, and print what comes', false)
    .action(
      runs(line, async (reference: string, options: CommonOptions & { follow: boolean }) => {
        const connection = connectionOf(line, options)
        const run = await resolveRun(connection, reference)
        const machine = findMachine((await readMachines(connection)).items, run.machineId)
        return printRecord(line.world, connection, options, {
          ...{ machine, topic: 'log.*.*', linesOf: logLines, follow: options.follow },
          isWanted: (event) => event.runId === run.id,
        })
      }),
    )
}
