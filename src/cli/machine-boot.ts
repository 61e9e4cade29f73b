import type { Command } from 'commander'

import { bootDecisionSchema } from '../contract/api-documents.ts'
import { machineSchema } from '../contract/machine.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { shownText } from '../presentation/shown-text.ts'
import { factLines } from '../presentation/table-text.ts'
import {
  addChange,
  addCommand,
  collected,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { UsageError } from './errors.ts'
import { printThing } from './output.ts'
import { readParamChanges } from './param-values.ts'

interface SetOptions extends CommonOptions {
  readonly onBoot?: string
  readonly label: readonly string[]
  readonly param: readonly string[]
  readonly profile: readonly string[]
  readonly clearProfiles: boolean
  readonly protect: readonly string[]
  readonly unprotect: readonly string[]
}

/** `repave machine set|boot-decision`. */
export function addBootCommands(line: CommandLine, parent: Command): void {
  addSetCommand(line, parent)
  addDecisionCommand(line, parent)
}

function addSetCommand(line: CommandLine, parent: Command): void {
  addChange(line, parent, {
    words: 'set <machine>',
    summary:
      'what a machine does when it boots unasked; its labels, params, profiles and the disks it keeps',
    examples: [
      'machine set node-1 --on-boot reprovision',
      'machine set node-1 --on-boot workflow:burn-in',
      'machine set node-1 --label rack=r1 --label stage=',
      'machine set node-1 --profile rack-a --param console=ttyS1',
      'machine set node-1 --protect S3Z8NB0K123456',
    ],
  })
    .option('--on-boot <what>', 'local, reprovision, live or workflow:NAME')
    .option(
      '--label <name=value>',
      'a label; without a value it is taken away (repeatable)',
      collected,
      [],
    )
    .option(
      '--param <name=value>',
      'a param; without a value it is taken away (repeatable)',
      collected,
      [],
    )
    .option('--profile <name>', 'these profiles in place of others (repeatable)', collected, [])
    .option('--clear-profiles', 'no profile any more', false)
    .option(
      '--protect <disk>',
      'serial or WWN of a disk that no workflow writes or wipes (repeatable)',
      collected,
      [],
    )
    .option('--unprotect <disk>', 'one that may be lost again (repeatable)', collected, [])
    .action(
      runs(line, async (reference: string, options: SetOptions) => {
        const { onBoot, label, param, profile, clearProfiles, protect, unprotect, ...common } =
          options
        const connection = connectionOf(line, common)
        const body = {
          ...(onBoot === undefined ? {} : { onBoot }),
          ...(label.length === 0 ? {} : { labels: readLabels(label) }),
          ...(param.length === 0 ? {} : { params: await readParamChanges(connection, param) }),
          ...(profile.length === 0 && !clearProfiles ? {} : { profiles: profile }),
          ...(protect.length === 0 ? {} : { protect }),
          ...(unprotect.length === 0 ? {} : { unprotect }),
        }
        if (Object.keys(body).length === 0) throw new UsageError('nothing is to be set')
        const path = `/machines/${encodeURIComponent(reference)}`
        const request = { method: 'PATCH', path, body } as const
        const machine = await askDaemon(connection, request, machineSchema)
        const labels = Object.entries(machine.labels ?? {}).map((pair) => pair.join('='))
        const kept = (machine.protectedDisks ?? []).map((name) => shownText(name, 64))
        const words = [...labels, ...(kept.length === 0 ? [] : [`keeps ${kept.join(', ')}`])]
        await printThing(line.world, common.output, {
          kind: 'Machine',
          value: machine,
          name: machine.name,
          lines: [`${machine.name}  on boot: ${machine.onBoot}  ${words.join('  ')}`.trimEnd()],
        })
        return 0
      }),
    )
}

/** @throws {UsageError} for one without `=` */
function readLabels(words: readonly string[]): Record<string, string | null> {
  const pairs = words.map((word) => {
    const at = word.indexOf('=')
    if (at < 1) throw new UsageError(`--label takes NAME=VALUE, not "${word}"`)
    const value = word.slice(at + 1)
    return [word.slice(0, at), value === '' ? null : value] as const
  })
  return Object.fromEntries(pairs)
}

function addDecisionCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'boot-decision <machine>',
    summary: 'what a machine would boot now, and why; nothing is changed',
    examples: ['machine boot-decision node-1', 'machine boot-decision node-1 --output json'],
  }).action(
    runs(line, async (reference: string, options: CommonOptions) => {
      const path = `/machines/${encodeURIComponent(reference)}/boot-decision`
      const decision = await askDaemon(connectionOf(line, options), { path }, bootDecisionSchema)
      const facts: (readonly [string, string])[] = [
        ['machine', shownText(decision.machineName, 63)],
        ['boots', decision.target],
        ['because', shownText(decision.because, 300)],
        ...(decision.workflow === undefined ? [] : [['begins', decision.workflow] as const]),
        ['boots lately', `${decision.recentBoots} without progress, this one included`],
      ]
      await printThing(line.world, options.output, {
        kind: 'BootDecision',
        value: decision,
        name: decision.machineName,
        lines: factLines(facts),
      })
      return 0
    }),
  )
}
