import type { Classified } from '../contract/rule.ts'
import { shownText } from './shown-text.ts'
import { tableLines } from './table-text.ts'

/** What the rules would make of a machine, and why: a table of them, and what it would get. Inert. */
export function ruleTrialLines(trial: Classified): readonly string[] {
  const { machineName, outcomes, set, approval, problems } = trial
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
