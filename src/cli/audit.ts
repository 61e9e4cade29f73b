import type { Command } from 'commander'

import { auditListSchema, auditVerdictSchema } from '../contract/audit.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { shownText } from '../presentation/shown-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { exitCodes } from './exit-code.ts'
import { printList, printThing } from './output.ts'

/** `repave audit list|verify`. */
export function auditCommands(line: CommandLine, program: Command): void {
  const audit = program.command('audit').description('who changed what: list, verify')
  addListCommand(line, audit)
  addVerifyCommand(line, audit)
  audit.addHelpText('after', '\nExamples:\n  repave audit list --since 100\n  repave audit verify')
}

function addListCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'list',
    summary: 'every change that somebody asked for, from an entry on',
    examples: ['audit list', 'audit list --since 100 --output jsonl'],
  })
    .alias('ls')
    .option('--since <number>', 'entries after this one', '0')
    .option('--limit <count>', 'at most so many', '1000')
    .action(
      runs(line, async (options: CommonOptions & { since: string; limit: string }) => {
        const query = new URLSearchParams({ since: options.since, limit: options.limit })
        const request = { path: `/audit?${query.toString()}` }
        const { items } = await askDaemon(connectionOf(line, options), request, auditListSchema)
        await printList(line.world, options, {
          kind: 'AuditList',
          items,
          nameOf: ({ number }) => String(number),
          columns: [
            ['NUMBER', ({ number }) => String(number)],
            ['TIME', ({ timeMs }) => new Date(timeMs).toISOString().slice(0, 19)],
            ['WHO', ({ principal }) => shownText(principal, 40)],
            ['FROM', ({ address }) => shownText(address ?? 'here', 40)],
            ['ASKED', ({ method, path }) => `${method} ${shownText(path, 60)}`],
            ['ANSWER', ({ status }) => String(status)],
          ],
        })
        return exitCodes.done
      }),
    )
}

function addVerifyCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'verify',
    summary: 'whether an entry was changed or taken out; note the hash elsewhere',
    examples: ['audit verify', 'audit verify --output json'],
  }).action(
    runs(line, async (options: CommonOptions) => {
      const request = { path: '/audit/verdict' }
      const verdict = await askDaemon(connectionOf(line, options), request, auditVerdictSchema)
      const { entries, isWhole, brokenAt, hash } = verdict
      await printThing(line.world, options.output, {
        ...{ kind: 'AuditVerdict', value: verdict, name: hash },
        lines: [
          isWhole
            ? `${entries} entries, whole, up to ${hash}`
            : `entry ${brokenAt} does not follow from those before it`,
        ],
      })
      return isWhole ? exitCodes.done : exitCodes.failed
    }),
  )
}
