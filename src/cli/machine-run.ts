import type { Command } from 'commander'

import { type Run, type RunParams, runSchema } from '../contract/run.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'
import {
  addCommand,
  collected,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { writeLines } from './cli-world.ts'
import { followRuns } from './follow-runs.ts'
import { progressOption, type ProgressOptions } from './progress-style.ts'
import { confirmPlan, printPlans, readPlan } from './machine-plan.ts'
import { readParamValues } from './param-values.ts'
import { meantMachines } from './references.ts'
import { readTextFile } from './text-file.ts'

interface RunOptions extends CommonOptions, ProgressOptions {
  readonly selector?: string
  readonly image?: string
  readonly script?: string
  readonly param: readonly string[]
  readonly stopAt?: string
  readonly detach: boolean
  readonly yes: boolean
  readonly dryRun: boolean
}

/** `repave machine run`: order any workflow, and follow it. */
export function addRunCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'run <workflow> [machines...]',
    summary: 'run a workflow on machines: wipe, burn-in, live-boot, one of your own',
    examples: [
      'machine run burn-in node-1 node-2',
      'machine run live-boot node-1 --script configure.sh',
      'machine run wipe node-1 --dry-run',
      'machine run reprovision node-1 --stop-at reboot',
      'machine run burn-in --selector labels.pool=new',
    ],
  })
    .option('--selector <conditions>', 'those, as list filters say it: state=ready&labels.rack=a1')
    .option('--image <name>', 'the image, where the workflow writes one')
    .option('--script <file>', 'shell script for a workflow that runs one of yours')
    .option('--param <name=value>', 'a param for this run alone (repeatable)', collected, [])
    .option('--stop-at <stage>', 'hold the run before this stage')
    .option('--detach', 'print the ids of the runs and leave', false)
    .addOption(progressOption())
    .option('--dry-run', 'show the plan, and change nothing', false)
    .option('--yes', 'do not ask', false)
    .action(
      runs(line, (workflow: string, references: string[], options: RunOptions) =>
        order(line, workflow, references, options),
      ),
    )
}

async function order(
  line: CommandLine,
  workflow: string,
  references: readonly string[],
  options: RunOptions,
): Promise<number> {
  const connection = connectionOf(line, options)
  const params = await readRunParams(connection, options)
  const { stopAt } = options
  const machines = await meantMachines(connection, references, options.selector)
  const wanted = machines.map((machine) => ({
    machine,
    body: { machine: machine.id, workflow, params },
  }))
  const plans = await Promise.all(wanted.map(({ body }) => readPlan(connection, body)))
  if (options.dryRun) return printPlans(line, plans, options)
  const agreed: object[] = []
  for (const [index, { machine, body }] of wanted.entries()) {
    const replaces = plans[index]?.tasks.some(({ action }) => destroying.includes(action)) ?? true
    const isAsked = replaces && !options.yes
    const plan = isAsked
      ? await confirmPlan(line, machine, () => readPlan(connection, body))
      : undefined
    agreed.push({
      ...body,
      ...(stopAt === undefined ? {} : { stopAt }),
      ...(plan === undefined ? {} : { plan }),
    })
  }
  const ordered: Run[] = []
  for (const body of agreed) {
    ordered.push(await askDaemon(connection, { method: 'POST', path: '/runs', body }, runSchema))
  }
  const ids = ordered.map((run) => run.id)
  if (!options.detach)
    return followRuns(line.world, connection, {
      only: ids,
      untilDone: true,
      progress: options.progress,
    })
  writeLines(line.world.stdout, ids)
  return 0
}

/** What takes the place of what is on a disk: asked about first. */
const destroying: readonly string[] = ['write-image', 'wipe-disk']

async function readRunParams(
  connection: DaemonConnection,
  { image, script, param }: RunOptions,
): Promise<RunParams> {
  return {
    ...(image === undefined ? {} : { imageName: image }),
    ...(script === undefined ? {} : { script: await readTextFile(script) }),
    ...(param.length === 0 ? {} : { values: await readParamValues(connection, param) }),
  }
}
