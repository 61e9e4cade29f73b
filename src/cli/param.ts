import type { Command } from 'commander'

import type { Param } from '../contract/param.ts'
import { paramTypeText, paramValueText } from '../presentation/param-text.ts'
import { shownText } from '../presentation/shown-text.ts'
import { factLines } from '../presentation/table-text.ts'
import {
  addCommand,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { addListVerb } from './list-verb.ts'
import { printThing } from './output.ts'
import { readParams } from './param-values.ts'
import { requireNamed } from './require-named.ts'

/** `repave param list|show`. */
export function paramCommands(line: CommandLine, program: Command): void {
  const param = program.command('param').description('params of machines: list, show')
  addListVerb<Param>(line, param, {
    summary: 'every param, what fits it and what it is where nobody says anything',
    examples: ['param list', 'param list --output json'],
    topics: ['content.*.*'],
    read: async (connection) => ({
      kind: 'ParamList',
      items: await readParams(connection),
      nameOf: ({ name }) => name,
      columns: [
        ['NAME', ({ name }) => name],
        ['FITS', paramTypeText],
        ['DEFAULT', (item) => paramValueText(item.default)],
        ['DESCRIPTION', ({ description }) => shownText(description, 100)],
      ],
    }),
  })
  addCommand(line, param, {
    words: 'show <name>',
    summary: 'one param',
    examples: ['param show console', 'param show console --output yaml'],
  }).action(
    runs(line, async (name: string, options: CommonOptions) => {
      const params = await readParams(connectionOf(line, options))
      const found = requireNamed('param', params, name)
      await printThing(line.world, options.output, {
        ...{ kind: 'Param', value: found, name },
        lines: factLines([
          ['param', found.name],
          ['fits', paramTypeText(found)],
          ['default', paramValueText(found.default)],
          ['means', shownText(found.description, 300)],
        ]),
      })
      return 0
    }),
  )
  param.addHelpText('after', '\nExamples:\n  repave param list\n  repave param show console')
}
