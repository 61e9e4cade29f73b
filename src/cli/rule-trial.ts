import { ruleTrialAnswerSchema } from '../contract/rule.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { ruleTrialLines } from '../presentation/rule-trial-lines.ts'
import { type CommandLine, type CommonOptions, connectionOf } from './command-line.ts'
import { printThing } from './output.ts'

/** Which machines: one, those of a selector, or each. */
interface TrialRequest {
  readonly machine?: string
  readonly selector?: string
}

/** Asks what the rules would make of machines, and shows it. Nothing is changed. */
export async function printRuleTrials(
  line: CommandLine,
  options: CommonOptions,
  requests: readonly TrialRequest[],
): Promise<number> {
  const connection = connectionOf(line, options)
  const items = []
  for (const body of requests) {
    const request = { method: 'POST', path: '/rules/dry-run', body } as const
    items.push(...(await askDaemon(connection, request, ruleTrialAnswerSchema)).items)
  }
  await printThing(line.world, options.output, {
    kind: 'RuleTrial',
    value: { items },
    name: requests.map(({ machine, selector }) => machine ?? selector ?? 'all').join(' '),
    lines: items.flatMap((item, index) => [...(index === 0 ? [] : ['']), ...ruleTrialLines(item)]),
  })
  return 0
}
