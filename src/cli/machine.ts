import type { Command } from 'commander'
import { type Machine, machineSchema } from '../contract/machine.ts'
import type { Run } from '../contract/run.ts'
import { durationText } from '../presentation/duration-text.ts'
import { runOfMachine } from '../presentation/fleet.ts'
import { machineLines } from '../presentation/machine-lines.ts'
import { currentTask } from '../presentation/run-stages.ts'
import { shownText } from '../presentation/shown-text.ts'
import { machineMark } from '../presentation/state-mark.ts'
import {
  addChange,
  addCommand,
  collected,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { readMachines, readRuns, selectMachines } from './daemon-lists.ts'
import { askDaemon } from '../operator-client/daemon-request.ts'
import { addListVerb } from './list-verb.ts'
import { addBootCommands } from './machine-boot.ts'
import { addCaptureCommand } from './machine-capture.ts'
import { addConsoleCommand } from './machine-console.ts'
import { addExplainCommand } from './machine-explain.ts'
import { addClassifyCommand } from './machine-classify.ts'
import { addDeployCommand } from './machine-deploy.ts'
import { addHistoryCommand } from './machine-history.ts'
import { addParamsCommand } from './machine-params.ts'
import { addRunCommand } from './machine-run.ts'
import { addStandingCommands } from './machine-standing.ts'
import { addRecordCommands } from './machine-timeline.ts'
import { printThing } from './output.ts'
import { readParamValues } from './param-values.ts'
import { findMachine } from './references.ts'

/** `repave machine`: every verb of it. */
export function machineCommands(line: CommandLine, program: Command): void {
  const machine = program
    .command('machine')
    .description(
      'machines: list, show, explain, timeline, logs, console, history, add, deploy, run, capture, set, approve, classify, merge, split, retire, note',
    )
  addListCommand(line, machine)
  addShowCommand(line, machine)
  addAddCommand(line, machine)
  addDeployCommand(line, machine)
  addRunCommand(line, machine)
  addCaptureCommand(line, machine)
  addBootCommands(line, machine)
  addExplainCommand(line, machine)
  addParamsCommand(line, machine)
  addRecordCommands(line, machine)
  addConsoleCommand(line, machine)
  addHistoryCommand(line, machine)
  addStandingCommands(line, machine)
  addClassifyCommand(line, machine)
  machine.addHelpText(
    'after',
    '\nExamples:\n  repave machine list\n  repave machine deploy node-1 --image debian-12',
  )
}

function addListCommand(line: CommandLine, parent: Command): void {
  addListVerb<Machine, { selector?: string; all: boolean }>(line, parent, {
    summary: 'every machine, its state and what is on it',
    examples: ['machine list --selector "state=In(ready,failed)"', 'machine list --output json'],
    topics: ['machine,run.*.*'],
    read: async (connection, { selector, all }) => {
      const { items, seq } = await selectMachines(connection, selector, { all })
      const byId = new Map((await readRuns(connection)).items.map((run) => [run.id, run]))
      const runOf = (item: Machine) => runOfMachine({ runs: byId }, item)
      const nowMs = Date.now()
      return {
        kind: 'MachineList',
        items,
        rev: seq,
        nameOf: (item) => item.name,
        columns: [
          ['NAME', (item) => item.name],
          ['STATE', (item) => machineMark(item, runOf(item)).word],
          ['IMAGE', (item) => item.imageName ?? '-'],
          ['STAGE', (item) => stageCell(item, runOf(item))],
          ['MAC', (item) => item.macAddresses[0] ?? '-'],
          ['ADDRESS', (item) => item.address ?? '-'],
          ['SEEN', (item) => `${durationText(nowMs - item.lastSeenAtMs)} ago`],
          ['SERIAL', (item) => shownText(item.inventory?.system.serialNumber), 'wide'],
          ['FIRMWARE', (item) => item.inventory?.firmwareMode ?? '-', 'wide'],
          ['ID', (item) => item.id, 'wide'],
        ],
      }
    },
  })
    .option('--selector <conditions>', 'only those: state=In(ready,failed)&labels.rack=a1')
    .option('--all', 'also those out of use', false)
}

function stageCell(machine: Machine, run: Run | undefined): string {
  if (machine.state !== 'deploying' || run === undefined) return '-'
  return currentTask(run)?.stage ?? '-'
}

function addShowCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'show <machine>',
    summary: 'one machine: hardware, run, stages',
    examples: ['machine show node-1', 'machine show 52:54:00:aa:bb:01 --output yaml'],
  }).action(
    runs(line, async (reference: string, options: CommonOptions) => {
      const connection = connectionOf(line, options)
      const machine = findMachine((await readMachines(connection)).items, reference)
      const byId = new Map((await readRuns(connection)).items.map((run) => [run.id, run]))
      await printThing(line.world, options.output, {
        kind: 'Machine',
        value: machine,
        name: machine.name,
        lines: machineLines(machine, runOfMachine({ runs: byId }, machine), Date.now()),
      })
      return 0
    }),
  )
}

interface AddOptions extends CommonOptions {
  readonly mac: string
  readonly workflow?: string
  readonly image?: string
  readonly onBoot?: string
  readonly param: readonly string[]
  readonly profile: readonly string[]
  readonly bootProgram?: Readonly<Record<string, string>>
}

/** `PLATFORM=PROGRAM`, as often as given. */
function addBootProgram(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const [platform = '', program = ''] = text.split('=', 2)
  return { ...before, [platform]: program }
}

function addAddCommand(line: CommandLine, parent: Command): void {
  addChange(line, parent, {
    words: 'add <name>',
    summary: 'make a machine known before it first boots',
    examples: [
      'machine add node-1 --mac 52:54:00:aa:bb:01',
      'machine add node-2 --mac 525400aabb02 --workflow deploy-image --image debian-12',
      'machine add node-3 --mac 525400aabb03 --boot-program uefi-x86_64=grub/shimx64.efi',
    ],
  })
    .requiredOption('--mac <address>', 'the network card that it boots from')
    .option('--workflow <name>', 'workflow to run as soon as it boots')
    .option('--image <name>', 'image for that workflow')
    .option('--on-boot <what>', 'later boots: local, reprovision, live or workflow:NAME')
    .option('--param <name=value>', 'a param of its own (repeatable)', collected, [])
    .option(
      '--profile <name>',
      'a profile; the first that has a param wins (repeatable)',
      collected,
      [],
    )
    .option(
      '--boot-program <platform=program>',
      'another network boot program than the usual one (docs/boot-paths.md)',
      addBootProgram,
    )
    .action(
      runs(line, async (name: string, options: AddOptions) => {
        const { mac, workflow, image, onBoot, bootProgram, param, profile, ...common } = options
        const connection = connectionOf(line, common)
        const machineParams = await readParamValues(connection, param)
        const body = {
          name,
          macAddress: mac,
          ...(workflow === undefined ? {} : { workflow }),
          ...(onBoot === undefined ? {} : { onBoot }),
          ...(bootProgram === undefined ? {} : { bootPrograms: bootProgram }),
          ...(param.length === 0 ? {} : { machineParams }),
          ...(profile.length === 0 ? {} : { profiles: profile }),
          ...(image === undefined ? {} : { params: { imageName: image } }),
        }
        const request = { method: 'POST', path: '/machines', body } as const
        const machine = await askDaemon(connection, request, machineSchema)
        await printThing(line.world, common.output, {
          kind: 'Machine',
          value: machine,
          name: machine.name,
          lines: [`${machine.name}  ${machine.macAddresses.join(' ')}  added`],
        })
        return 0
      }),
    )
}
