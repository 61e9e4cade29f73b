import type { Command } from 'commander'

import { explanationSchema } from '../contract/explanation.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { explanationLines } from '../presentation/explanation-lines.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { printThing } from './output.ts'

/** `repave machine explain`. */
export function addExplainCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'explain <machine>',
    summary: 'why it is where it is: the last good step, what is missing since when, what to try',
    examples: ['machine explain node-1', 'machine explain 52:54:00:aa:bb:01 --output json'],
  }).action(
    runs(line, async (reference: string, options: CommonOptions) => {
      const path = `/machines/${encodeURIComponent(reference)}/explanation`
      const explanation = await askDaemon(connectionOf(line, options), { path }, explanationSchema)
      await printThing(line.world, options.output, {
        kind: 'Explanation',
        value: explanation,
        name: explanation.machineName,
        lines: explanationLines(explanation, Date.now()),
      })
      return 0
    }),
  )
}
