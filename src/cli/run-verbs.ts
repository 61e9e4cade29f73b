import type { Command } from 'commander'

import { type InterventionVerb, runSchema } from '../contract/run.ts'
import { outcomeLine } from '../presentation/run-outcome.ts'
import { holdNextText, waitReason } from '../presentation/wait-reason.ts'
import {
  addChange,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { printThing } from './output.ts'
import { resolveRun } from './references.ts'

interface Verb {
  readonly summary: string
  readonly examples: string[]
}

/** What a person can do to a run, in the order of the help. */
const verbs: Readonly<Record<InterventionVerb, Verb>> = {
  approve: {
    summary: 'let a run go on that waits for approval or is held',
    examples: ['run approve 6f1c2d3e', 'run approve node-1 --note "disk checked"'],
  },
  hold: {
    summary: 'hold a run before its next task; what is under way may end',
    examples: ['run hold 6f1c2d3e', 'run hold node-1 --note "rack is being moved"'],
  },
  release: {
    summary: 'let a run go on that is held; a task that failed begins anew',
    examples: ['run release node-1', 'run release 6f1c2d3e --note "disk changed"'],
  },
  step: {
    summary: 'let a held run do one task, and hold it again',
    examples: ['run step node-1', 'run step node-1 --dry-run'],
  },
  skip: {
    summary: 'leave out the task that is due, where it proves nothing',
    examples: ['run skip 6f1c2d3e', 'run skip node-1 --note "the load balancer is gone"'],
  },
  retry: {
    summary: 'try again at once what failed; order anew what has ended without success',
    examples: ['run retry 6f1c2d3e', 'run retry node-1'],
  },
  cancel: {
    summary: 'stop a run; a disk that is half written does not boot',
    examples: ['run cancel 6f1c2d3e', 'run cancel node-1'],
  },
}

/** `repave run approve|hold|release|step|skip|retry|cancel`. */
export function addVerbCommands(line: CommandLine, parent: Command): void {
  for (const verb of Object.keys(verbs) as InterventionVerb[]) addVerbCommand(line, parent, verb)
}

function addVerbCommand(line: CommandLine, parent: Command, verb: InterventionVerb): void {
  addChange(line, parent, { words: `${verb} <run>`, ...verbs[verb] })
    .option('--note <text>', 'why, for the record')
    .action(
      runs(line, async (reference: string, options: CommonOptions & { note?: string }) => {
        const connection = connectionOf(line, options)
        const { id } = await resolveRun(connection, reference)
        const noted = options.note === undefined ? {} : { body: { note: options.note } }
        const request = { method: 'POST', path: `/runs/${id}/${verb}`, ...noted } as const
        const run = await askDaemon(connection, request, runSchema)
        const waits = waitReason(run, Date.now()) ?? holdNextText(run)
        await printThing(line.world, options.output, {
          kind: 'Run',
          value: run,
          name: run.id,
          lines: [outcomeLine(run), ...(waits === undefined ? [] : [`  ${waits}`])],
        })
        return 0
      }),
    )
}
