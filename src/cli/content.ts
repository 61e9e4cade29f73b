import type { Command } from 'commander'

import {
  type ContentChange,
  contentChangesSchema,
  type ContentItem,
  contentStateSchema,
} from '../contract/content-documents.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'
import { changeLines } from '../presentation/content-lines.ts'
import { shownText } from '../presentation/shown-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { applyContent, askForPlan, printPlan, readFolder, refused } from './content-change.ts'
import { addNewCommand } from './content-new.ts'
import { addWatchCommand } from './content-watch.ts'
import { exitCodes } from './exit-code.ts'
import { addListVerb } from './list-verb.ts'
import { printThing } from './output.ts'

/** `repave content new|list|plan|apply|watch|diff`; `content check` needs no daemon and is a program of its own. */
export function contentCommands(line: CommandLine, program: Command): void {
  const content = program
    .command('content')
    .description('YAML folders in force: new, list, check, plan, apply, watch, diff')
  addNewCommand(line, content)
  addListCommand(line, content)
  addCommand(line, content, {
    words: 'check [folder]',
    summary: 'every fault of a folder over what ships; needs no daemon',
    examples: ['content check', 'content check content/'],
  })
  addPlanCommand(line, content)
  addApplyCommand(line, content)
  addWatchCommand(line, content)
  addDiffCommand(line, content)
  content.addHelpText(
    'after',
    '\nExamples:\n  repave content new workflow greet\n  repave content check content/\n  repave content plan content/\n  repave content apply content/',
  )
}

function addListCommand(line: CommandLine, parent: Command): void {
  addListVerb<ContentItem>(line, parent, {
    summary: 'every document in force, and where it comes from',
    examples: ['content list', 'content list --output json'],
    topics: ['content.*.*'],
    read: async (connection) => {
      const { items, revision } = await askDaemon(
        connection,
        { path: '/content' },
        contentStateSchema,
      )
      return {
        kind: 'ContentList',
        rev: revision,
        items,
        nameOf: ({ kind, name }) => `${kind}/${name}`,
        columns: [
          ['KIND', ({ kind }) => kind],
          ['NAME', ({ name }) => shownText(name)],
          ['FROM', ({ layer }) => layer],
          ['OVER', ({ replaces }) => replaces ?? '-'],
          ['FILE', ({ file }) => shownText(file, 200), 'wide'],
        ],
      }
    },
  })
}

function addPlanCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'plan <folder>',
    summary: 'what the daemon would change if this folder were applied; nothing is done',
    examples: ['content plan content/', 'content plan content/ --detailed-exitcode'],
  })
    .option('--detailed-exitcode', '9 where something would change', false)
    .action(
      runs(line, async (folder: string, options: CommonOptions & { detailedExitcode: boolean }) => {
        const files = await readFolder(line, folder)
        const plan = await askForPlan(connectionOf(line, options), files)
        if (refused(line, folder, plan.faults)) return exitCodes.contentInvalid
        await printPlan(line, options, plan)
        return options.detailedExitcode && plan.changes.length > 0 ? exitCodes.wouldChange : 0
      }),
    )
}

function addApplyCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'apply <folder>',
    summary: 'put this folder in force, in the place of what was applied before',
    examples: ['content apply content/', 'content apply content/ --dry-run'],
  })
    .option('--dry-run', 'the same as content plan', false)
    .action(
      runs(line, async (folder: string, { dryRun, ...options }: CommonOptions) => {
        const connection = connectionOf(line, options)
        const files = await readFolder(line, folder)
        const plan = await askForPlan(connection, files)
        if (refused(line, folder, plan.faults)) return exitCodes.contentInvalid
        if (dryRun === true) {
          await printPlan(line, options, plan)
          return 0
        }
        const { revision } = plan
        const applied = await applyContent(line, connection, { folder, files, revision })
        if (applied === undefined) return exitCodes.contentInvalid
        await printPlan(line, options, applied)
        return 0
      }),
    )
}

function addDiffCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'diff [folder]',
    summary: 'what a folder has otherwise than what is in force; without one, own over shipped',
    examples: ['content diff', 'content diff content/'],
  }).action(
    runs(line, async (folder: string | undefined, options: CommonOptions) => {
      const connection = connectionOf(line, options)
      const changes = await differences(line, connection, folder)
      if (changes === undefined) return exitCodes.contentInvalid
      await printThing(line.world, options.output, {
        ...{ kind: 'ContentDiff', value: { changes }, name: 'content' },
        lines: changes.length === 0 ? ['no difference'] : changeLines(changes),
      })
      return changes.length === 0 ? 0 : 1
    }),
  )
}

async function differences(
  line: CommandLine,
  connection: DaemonConnection,
  folder: string | undefined,
): Promise<readonly ContentChange[] | undefined> {
  if (folder === undefined) {
    return (await askDaemon(connection, { path: '/content/changes' }, contentChangesSchema)).items
  }
  const plan = await askForPlan(connection, await readFolder(line, folder))
  return refused(line, folder, plan.faults) ? undefined : plan.changes
}
