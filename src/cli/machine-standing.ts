import type { Command } from 'commander'

import { bulkAnswerSchema, type BulkRequest } from '../contract/bulk.ts'
import { machineSchema } from '../contract/machine.ts'
import type { MachineVerb } from '../contract/machine-actions.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { shownText } from '../presentation/shown-text.ts'
import { tableLines } from '../presentation/table-text.ts'
import {
  addChange,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { printThing } from './output.ts'
import { requireEither } from './references.ts'

interface StandingOptions extends CommonOptions {
  readonly note?: string
  readonly selector?: string
  readonly into?: string
}

/** What every such verb is about, and how it is said when done. */
interface StandingVerb {
  readonly verb: 'approve' | 'retire' | 'reinstate'
  readonly summary: string
  readonly done: string
  readonly examples: readonly string[]
}

const bulkVerbs: readonly StandingVerb[] = [
  {
    verb: 'approve',
    summary: 'say that new machines may be used; what a rule ordered begins',
    done: 'approved',
    examples: [
      'machine approve m-525400aabb01 --note "rack 7"',
      'machine approve --selector place.subnet=rack-b',
    ],
  },
  {
    verb: 'retire',
    summary:
      'take machines out of use: they boot their disks, are never written, and lists leave them out',
    done: 'retired',
    examples: ['machine retire node-1 --note sold', 'machine retire --selector labels.rack=r7'],
  },
  {
    verb: 'reinstate',
    summary: 'take machines into use again',
    done: 'in use again',
    examples: ['machine reinstate node-1', 'machine reinstate node-1 --note repaired'],
  },
]

/** `repave machine approve|retire|reinstate|merge|split|note`. */
export function addStandingCommands(line: CommandLine, parent: Command): void {
  for (const facts of bulkVerbs) addBulkVerb(line, parent, facts)
  addChange(line, parent, {
    words: 'merge <machine>',
    summary: 'say that a machine in conflict is one on record',
    examples: [
      'machine merge m-525400aabb02 --into node-1',
      'machine merge node-1 --note "new board"',
    ],
  })
    .option('--into <machine>', 'the one that it is; none for a record that something contradicts')
    .option('--note <text>', 'why')
    .action(
      runs(line, (reference: string, { into, note, ...options }: StandingOptions) =>
        act(line, options, { reference, verb: 'merge', done: 'one machine', body: { into, note } }),
      ),
    )
  addChange(line, parent, {
    words: 'split <machine>',
    summary: 'say that a machine in conflict is one of its own',
    examples: ['machine split m-525400aabb02', 'machine split node-1 --note "card moved"'],
  })
    .option('--note <text>', 'why')
    .action(
      runs(line, (reference: string, { note, ...options }: StandingOptions) =>
        act(line, options, { reference, verb: 'split', done: 'told apart', body: { note } }),
      ),
    )
  addChange(line, parent, {
    words: 'note <machine> <text>',
    summary: 'write down something about a machine, with your name and the time',
    examples: ['machine note node-1 "fan replaced"', 'machine note node-2 "belongs to the lab"'],
  }).action(
    runs(line, (reference: string, text: string, options: CommonOptions) =>
      act(line, options, { reference, verb: 'notes', done: 'noted', body: { text } }),
    ),
  )
}

function addBulkVerb(line: CommandLine, parent: Command, facts: StandingVerb): void {
  const { verb, summary, examples, done } = facts
  addChange(line, parent, { words: `${verb} [machines...]`, summary, examples })
    .option('--selector <conditions>', 'those, as list filters say it: state=In(ready,failed)')
    .option('--note <text>', 'why')
    .action(
      runs(line, async (references: string[], { note, selector, ...options }: StandingOptions) => {
        requireEither(references, selector)
        if (selector !== undefined) {
          const action = { do: `${verb}-machine`, ...(note === undefined ? {} : { note }) } as const
          return actOnAll(line, options, { selector, action })
        }
        for (const reference of references) {
          await act(line, options, { reference, verb, done, body: { note } })
        }
        return 0
      }),
    )
}

interface Act {
  readonly reference: string
  readonly verb: MachineVerb
  readonly done: string
  readonly body: Readonly<Record<string, string | undefined>>
}

async function act(line: CommandLine, options: CommonOptions, what: Act): Promise<number> {
  const { reference, verb, done } = what
  const given = Object.entries(what.body).filter(([, value]) => value !== undefined)
  const path = `/machines/${encodeURIComponent(reference)}/${verb}`
  const request = { method: 'POST', path, body: Object.fromEntries(given) } as const
  const machine = await askDaemon(connectionOf(line, options), request, machineSchema)
  await printThing(line.world, options.output, {
    kind: 'Machine',
    value: machine,
    name: machine.name,
    lines: [`${machine.name}  ${done}  ${machine.state}`],
  })
  return 0
}

/** The same to every machine of a selector. 1 where one refused it. */
export async function actOnAll(
  line: CommandLine,
  options: CommonOptions,
  { selector, action }: Pick<BulkRequest, 'selector' | 'action'>,
): Promise<number> {
  const connection = connectionOf(line, options)
  const request = { method: 'POST', path: '/bulk', body: { selector, action } } as const
  const answer = await askDaemon(connection, request, bulkAnswerSchema)
  const rows = answer.items.map(({ machineName, outcome, problem }) => [
    machineName,
    outcome,
    shownText(problem?.detail, 200, '-'),
  ])
  await printThing(line.world, options.output, {
    kind: 'Bulk',
    value: answer,
    name: selector,
    lines:
      rows.length === 0
        ? ['no machine is meant']
        : [
            ...tableLines(['MACHINE', 'OUTCOME', 'REASON'], rows),
            `${answer.done} done, ${answer.refused} refused`,
          ],
  })
  return answer.refused === 0 ? 0 : 1
}
