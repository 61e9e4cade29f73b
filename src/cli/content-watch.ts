import { watch } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Command } from 'commander'

import { CodedError } from '../base/coded-error.ts'
import type { ContentPlan } from '../contract/content-documents.ts'
import { errorLines } from '../presentation/error-text.ts'
import { writeLines } from './cli-world.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { applyContent, askForPlan, planText, readFolder, refused } from './content-change.ts'
import { FileUnusableError } from './errors.ts'
import { exitCodes } from './exit-code.ts'
import { beginAppending, jsonText } from './output.ts'

/** An editor saves in several steps; a checkout changes many files. */
const quietMs = 300

/** `repave content watch FOLDER`: applied at once, and again whenever a file of it changes. */
export function addWatchCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'watch <folder>',
    summary: 'apply a folder, and again whenever it changes; what has a fault is not taken',
    examples: ['content watch content/', 'content watch content/ --dry-run'],
  })
    .option('--dry-run', 'only say what would change', false)
    .action(
      runs(line, async (folder: string, options: CommonOptions) => {
        beginAppending(line.world, 'watch', options.output)
        // Begun before the first look, so that nothing is changed between the two unseen.
        const changes = changesIn(folder, line.world.signal)
        await takeFolder(line, folder, options)
        for await (const _change of changes) {
          await takeFolder(line, folder, options).catch((thrown: unknown) => {
            if (!(thrown instanceof CodedError)) throw thrown
            writeLines(line.world.stderr, errorLines(thrown))
          })
        }
        return exitCodes.interrupted
      }),
    )
}

/**
 * Yields some time after each change below `folder`; those that come together are one. It listens from the
 * call on, before the first value is asked for, and ends when `signal` aborts.
 *
 * @throws {FileUnusableError} when the folder cannot be watched
 */
function changesIn(folder: string, signal: AbortSignal): AsyncIterable<void> {
  let next = Promise.withResolvers<'changed' | 'closed' | Error>()
  try {
    watch(folder, { recursive: true, signal })
      .on('change', () => next.resolve('changed'))
      .on('error', (error) => next.resolve(error))
      .on('close', () => next.resolve('closed'))
  } catch (thrown) {
    throw notWatched(folder, thrown)
  }
  const later = async function* () {
    for (;;) {
      const happened = await next.promise
      if (happened === 'closed') return
      if (happened !== 'changed') throw notWatched(folder, happened)
      next = Promise.withResolvers()
      if (signal.aborted) return
      await sleep(quietMs, undefined, { signal })
      yield
    }
  }
  return later()
}

function notWatched(folder: string, cause: unknown): FileUnusableError {
  return new FileUnusableError(`cannot watch ${folder}`, { cause })
}

/** Plans the folder and, unless this is a dry run, applies it. What is wrong is told, and nothing is done. */
async function takeFolder(
  line: CommandLine,
  folder: string,
  { dryRun, ...options }: CommonOptions,
): Promise<void> {
  const connection = connectionOf(line, options)
  const files = await readFolder(line, folder)
  const plan = await askForPlan(connection, files)
  if (refused(line, folder, plan.faults)) return
  if (dryRun === true || plan.changes.length === 0) return tell(line, options, plan)
  const { revision } = plan
  const applied = await applyContent(line, connection, { folder, files, revision })
  if (applied !== undefined) tell(line, options, applied)
}

function tell({ world }: CommandLine, { output }: CommonOptions, plan: ContentPlan): void {
  if (output === 'jsonl') writeLines(world.stdout, [jsonText(plan)])
  else if (output === 'name') writeLines(world.stdout, [String(plan.revision)])
  else writeLines(world.stdout, planText(plan))
}
