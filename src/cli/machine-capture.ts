import type { Command } from 'commander'

import { type RunParams, runSchema } from '../contract/run.ts'
import {
  addChange,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { writeLines } from './cli-world.ts'
import { readMachines } from './daemon-lists.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { followRuns } from './follow-runs.ts'
import { progressOption, type ProgressOptions } from './progress-style.ts'
import { findMachine } from './references.ts'

interface CaptureOptions extends CommonOptions, ProgressOptions {
  readonly name: string
  readonly version?: string
  readonly workflow: string
  readonly detach: boolean
}

/** `repave machine capture`: order the capture of a machine's disk, and follow it. */
export function addCaptureCommand(line: CommandLine, parent: Command): void {
  addChange(line, parent, {
    words: 'capture <machine>',
    summary: 'make an image of the disk of a machine; the disk is only read',
    examples: [
      'machine capture golden-1 --name web-server',
      'machine capture golden-1 --name web-server --version 2026.2 --detach',
    ],
  })
    .requiredOption('--name <name>', 'what to call the image')
    .option('--version <version>', 'its version (default: when it was asked for)')
    .option('--workflow <name>', 'the workflow', 'capture-image')
    .option('--detach', 'print the id of the run and leave', false)
    .addOption(progressOption())
    .action(
      runs(line, (reference: string, options: CaptureOptions) => capture(line, reference, options)),
    )
}

async function capture(
  line: CommandLine,
  reference: string,
  options: CaptureOptions,
): Promise<number> {
  const connection = connectionOf(line, options)
  const machine = findMachine((await readMachines(connection)).items, reference)
  const params: RunParams = {
    captureName: options.name,
    ...(options.version === undefined ? {} : { captureVersion: options.version }),
  }
  const body = { machine: machine.id, workflow: options.workflow, params }
  const run = await askDaemon(connection, { method: 'POST', path: '/runs', body }, runSchema)
  if (options.detach) {
    writeLines(line.world.stdout, [run.id])
    return 0
  }
  line.world.stderr.write(`${machine.name} is captured when it next boots from the network\n`)
  return followRuns(line.world, connection, {
    only: [run.id],
    untilDone: true,
    progress: options.progress,
  })
}
