import type { Command } from 'commander'

import {
  type Classified,
  type ListedRule,
  ruleListSchema,
  ruleTrialAnswerSchema,
} from '../contract/rule.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { shownText } from '../presentation/shown-text.ts'
import { tableLines } from '../presentation/table-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { addListVerb } from './list-verb.ts'
import { printThing } from './output.ts'

/** `repave rule list|dry-run`. */
export function ruleCommands(line: CommandLine, program: Command): void {
  const rule = program
    .command('rule')
    .description('what becomes of new machines: list, dry-run; rules are YAML (docs/machines.md)')
  addListVerb<ListedRule>(line, rule, {
    summary: 'every rule, in the order in which they are tried',
    examples: ['rule list', 'rule list --output yaml'],
    topics: ['content,machine.*.*'],
    read: async (connection) => ({
      kind: 'RuleList',
      items: (await askDaemon(connection, { path: '/rules' }, ruleListSchema)).items,
      nameOf: ({ name }) => name,
      columns: [
        ['NAME', ({ name }) => name],
        ['ORDER', ({ order }) => String(order)],
        ['WHEN', (item) => shownText(whenText(item), 80)],
        ['SETS', ({ set }) => Object.keys(set).join(' ') || '-'],
        ['APPROVAL', ({ approval }) => approval ?? '-'],
        ['MACHINES', ({ machines, maxCount }) => `${machines}${maxCount ? ` of ${maxCount}` : ''}`],
        ['THEN', ({ afterwards }) => afterwards, 'wide'],
        ['DESCRIPTION', ({ description }) => shownText(description, 100, '-'), 'wide'],
      ],
    }),
  })
  addCommand(line, rule, {
    words: 'dry-run [machine]',
    summary: 'what the rules would make of a machine, or of each, and why; nothing is changed',
    examples: ['rule dry-run', 'rule dry-run m-525400aabb01'],
  }).action(
    runs(line, async (machine: string | undefined, options: CommonOptions) => {
      const body = machine === undefined ? {} : { machine }
      const request = { method: 'POST', path: '/rules/dry-run', body } as const
      const answer = await askDaemon(connectionOf(line, options), request, ruleTrialAnswerSchema)
      await printThing(line.world, options.output, {
        kind: 'RuleTrial',
        value: answer,
        name: machine ?? 'all',
        lines: answer.items.flatMap((item, index) => [
          ...(index === 0 ? [] : ['']),
          ...trialLines(item),
        ]),
      })
      return 0
    }),
  )
  rule.addHelpText('after', '\nExamples:\n  repave rule list\n  repave rule dry-run m-525400aabb01')
}

function whenText({ when }: ListedRule): string {
  const conditions = Object.entries(when).flatMap(([field, given]) =>
    [given].flat().map((text) => `${field}=${String(text)}`),
  )
  return conditions.join(' ') || 'any machine'
}

function trialLines({ machineName, outcomes, set, approval, problems }: Classified): string[] {
  const rows = outcomes.map(({ rule, outcome, because }) => [
    rule,
    outcome.replaceAll('-', ' '),
    shownText(because, 200),
  ])
  const sets = Object.entries(set).map(
    ([member, value]) =>
      `  ${member}: ${shownText(typeof value === 'string' ? value : JSON.stringify(value), 200)}`,
  )
  return [
    `machine ${machineName}`,
    ...(rows.length === 0
      ? ['  there are no rules']
      : tableLines(['RULE', 'OUTCOME', 'BECAUSE'], rows).map((text) => `  ${text}`)),
    ...(sets.length === 0 ? [] : ['it would get', ...sets]),
    ...(approval === undefined ? [] : [`approval ${approval}`]),
    ...problems.map((problem) => `problem: ${shownText(problem, 300)}`),
  ]
}
