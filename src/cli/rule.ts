import type { Command } from 'commander'

import { type ListedRule, ruleListSchema } from '../contract/rule.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { shownText } from '../presentation/shown-text.ts'
import { addCommand, type CommandLine, type CommonOptions, runs } from './command-line.ts'
import { addListVerb } from './list-verb.ts'
import { printRuleTrials } from './rule-trial.ts'

interface TrialOptions extends CommonOptions {
  readonly selector?: string
}

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
  })
    .option('--selector <conditions>', 'only those: state=In(ready,failed)&labels.rack=a1')
    .action(
      runs(line, async (machine: string | undefined, { selector, ...options }: TrialOptions) => {
        const bodies = [{ ...(machine && { machine }), ...(selector && { selector }) }]
        return printRuleTrials(line, options, bodies)
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
