import type { Command } from 'commander'

import { type AuditEntry, auditListSchema, auditVerdictSchema } from '../contract/audit.ts'
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
import { addListVerb } from './list-verb.ts'
import { printThing } from './output.ts'

/** `repave audit list|verify`. */
export function auditCommands(line: CommandLine, program: Command): void {
  const audit = program.command('audit').description('who changed what: list, verify')
  addListCommand(line, audit)
  addVerifyCommand(line, audit)
  audit.addHelpText('after', '\nExamples:\n  repave audit list --since 100\n  repave audit verify')
}

interface ListOptions {
  readonly since: string
  readonly limit: string
}

function addListCommand(line: CommandLine, parent: Command): void {
  addListVerb<AuditEntry, ListOptions>(line, parent, {
    summary: 'every change that somebody asked for, from an entry on',
    examples: ['audit list', 'audit list --since 100 --output jsonl'],
    // Nothing is told of an entry by itself; what it is about is.
    topics: ['*.*.*'],
    read: async (connection, { since, limit }) => {
      const query = new URLSearchParams({ since, limit })
      const request = { path: `/audit?${query.toString()}` }
      const { items } = await askDaemon(connection, request, auditListSchema)
      return {
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
      }
    },
  })
    .option('--since <number>', 'entries after this one', '0')
    .option('--limit <count>', 'at most so many', '1000')
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
