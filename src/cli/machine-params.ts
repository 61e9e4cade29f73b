import type { Command } from 'commander'

import { machineParamsSchema } from '../contract/param-documents.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { paramValueText } from '../presentation/param-text.ts'
import { shownText } from '../presentation/shown-text.ts'
import { factLines, tableLines } from '../presentation/table-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { printThing } from './output.ts'

interface ParamsOptions extends CommonOptions {
  readonly workflow?: string
  readonly stage?: string
}

/** `repave machine params`: what each param is for a machine, and who says so. */
export function addParamsCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'params <machine>',
    summary: 'what each param is for a machine, and who says so',
    examples: [
      'machine params node-1',
      'machine params node-1 --workflow deploy-image --stage write',
    ],
  })
    .option('--workflow <name>', 'whose stages have a say, too')
    .option('--stage <name>', 'as seen from this stage of it')
    .action(
      runs(line, async (reference: string, options: ParamsOptions) => {
        const query = new URLSearchParams({
          ...(options.workflow === undefined ? {} : { workflow: options.workflow }),
          ...(options.stage === undefined ? {} : { stage: options.stage }),
        })
        const path = `/machines/${encodeURIComponent(reference)}/params?${query.toString()}`
        const found = await askDaemon(connectionOf(line, options), { path }, machineParamsSchema)
        const rows = found.items.map(({ name, value, from }) => [name, paramValueText(value), from])
        await printThing(line.world, options.output, {
          ...{ kind: 'MachineParams', value: found, name: found.machineName },
          lines: [
            ...factLines([
              ['machine', shownText(found.machineName, 63)],
              ['profiles', found.profiles.join(' ') || 'none'],
              ...found.faults.map((fault) => ['wrong', shownText(fault, 300)] as const),
            ]),
            '',
            ...tableLines(['PARAM', 'VALUE', 'FROM'], rows),
          ],
        })
        return 0
      }),
    )
}
