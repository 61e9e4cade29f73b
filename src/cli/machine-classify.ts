import type { Command } from 'commander'

import { type Machine, machineSchema } from '../contract/machine.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { shownText } from '../presentation/shown-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { actOnAll } from './machine-standing.ts'
import { printThing } from './output.ts'
import { requireEither } from './references.ts'
import { printRuleTrials } from './rule-trial.ts'

interface ClassifyOptions extends CommonOptions {
  readonly selector?: string
  readonly note?: string
  readonly run: boolean
}

/** `repave machine classify`. */
export function addClassifyCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'classify [machines...]',
    summary: 'have the rules decide about machines once more',
    examples: [
      'machine classify m-525400aabb01 --dry-run',
      'machine classify m-525400aabb01 --run',
      'machine classify --selector labels.pool=new',
    ],
  })
    .option('--selector <conditions>', 'those, as list filters say it: state=In(ready,failed)')
    .option('--run', 'begin the workflow that the rules order, too', false)
    .option('--note <text>', 'why')
    .option(
      '--dry-run',
      'show what the rules would make of them and why, and change nothing',
      false,
    )
    .action(
      runs(line, async (references: string[], given: ClassifyOptions) => {
        const { selector, note, run, dryRun, ...options } = given
        requireEither(references, selector)
        if (dryRun === true) {
          const trials = references.map((machine) => ({ machine }))
          return printRuleTrials(line, options, selector === undefined ? trials : [{ selector }])
        }
        const said = { run, ...(note === undefined ? {} : { note }) }
        if (selector !== undefined) {
          const action = { do: 'classify-machine', ...said } as const
          return actOnAll(line, options, { selector, action })
        }
        let hasProblems = false
        for (const reference of references) {
          const path = `/machines/${encodeURIComponent(reference)}/classify`
          const request = { method: 'POST', path, body: said } as const
          const machine = await askDaemon(connectionOf(line, options), request, machineSchema)
          await printThing(line.world, options.output, {
            kind: 'Machine',
            value: machine,
            name: machine.name,
            lines: classifiedLines(machine, run),
          })
          hasProblems ||= machine.classification?.problems !== undefined
        }
        return hasProblems ? 1 : 0
      }),
    )
}

function classifiedLines(machine: Machine, isRun: boolean): readonly string[] {
  const { approval, classification, name, state } = machine
  const { rules = [], problems = [], workflow } = classification ?? {}
  const by = rules.map(({ rule }) => rule).join(', ')
  const isWaiting = approval?.state === 'pending'
  const begins = isWaiting
    ? `repave machine approve ${name} begins it`
    : `repave machine classify ${name} --run begins it`
  return [
    `${name}  ${by === '' ? 'no rule fits it' : `classified by ${by}`}  ${state}`,
    ...rules.map(({ rule, because }) => `  ${rule}: ${shownText(because, 200)}`),
    ...(workflow === undefined || isRun ? [] : [`  they order ${workflow}; ${begins}`]),
    ...problems.map((problem) => `  problem: ${shownText(problem, 300)}`),
  ]
}
