import type { Command } from 'commander'

import { type ProfileFacts, profileListSchema } from '../contract/param-documents.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'
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
import { addListVerb } from './list-verb.ts'
import { printThing } from './output.ts'
import { requireNamed } from './require-named.ts'

/** `repave profile list|show`. */
export function profileCommands(line: CommandLine, program: Command): void {
  const profile = program
    .command('profile')
    .description('params that machines share: list, show; machine set --profile gives them')
  addListVerb<ProfileFacts>(line, profile, {
    summary: 'every profile, and how many machines have it',
    examples: ['profile list', 'profile list --output json'],
    topics: ['content,machine.*.*'],
    read: async (connection) => ({
      kind: 'ProfileList',
      items: await readProfiles(connection),
      nameOf: ({ name }) => name,
      columns: [
        ['NAME', ({ name }) => name],
        ['PARAMS', ({ params }) => String(Object.keys(params).length)],
        ['MACHINES', ({ name, machines }) => (name === 'global' ? 'all' : String(machines.length))],
        ['DESCRIPTION', ({ description }) => shownText(description, 100)],
      ],
    }),
  })
  addCommand(line, profile, {
    words: 'show <name>',
    summary: 'one profile: its params, and the machines that have it',
    examples: ['profile show rack-a', 'profile show rack-a --output yaml'],
  }).action(
    runs(line, async (name: string, options: CommonOptions) => {
      const found = requireNamed('profile', await readProfiles(connectionOf(line, options)), name)
      const rows = Object.entries(found.params).map(([param, value]) => [
        param,
        paramValueText(value),
      ])
      await printThing(line.world, options.output, {
        ...{ kind: 'Profile', value: found, name },
        lines: [
          ...factLines([
            ['profile', found.name],
            ['means', shownText(found.description, 300)],
            ['machines', name === 'global' ? 'all' : found.machines.join(' ') || 'none'],
          ]),
          ...(rows.length === 0 ? [] : ['', ...tableLines(['PARAM', 'VALUE'], rows)]),
        ],
      })
      return 0
    }),
  )
  profile.addHelpText('after', '\nExamples:\n  repave profile list\n  repave profile show rack-a')
}

async function readProfiles(connection: DaemonConnection): Promise<readonly ProfileFacts[]> {
  return (await askDaemon(connection, { path: '/profiles' }, profileListSchema)).items
}
