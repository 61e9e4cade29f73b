import type { Command } from 'commander'

import { type Run, type RunParams, runSchema } from '../contract/run.ts'
import {
  addCommand,
  collected,
  type CommandLine,
  type CommonOptions,
  connectionOf,
  runs,
} from './command-line.ts'
import { writeLines } from './cli-world.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'
import { FileUnusableError, UsageError } from './errors.ts'
import { followRuns } from './follow-runs.ts'
import { progressOption, type ProgressOptions } from './progress-style.ts'
import { confirmPlan, printPlans, readPlan } from './machine-plan.ts'
import { readParamValues } from './param-values.ts'
import { meantMachines } from './references.ts'
import { readTextFile } from './text-file.ts'

interface DeployOptions extends CommonOptions, ProgressOptions {
  readonly selector?: string
  readonly image: string
  readonly workflow: string
  readonly hostname?: string
  readonly sshKey: readonly string[]
  readonly userData?: string
  readonly seed?: string
  readonly seedParam: readonly string[]
  readonly param: readonly string[]
  readonly stopAt?: string
  readonly detach: boolean
  readonly yes: boolean
  readonly dryRun: boolean
  readonly plan?: string
  readonly expectContents: boolean
}

/** `repave machine deploy`: order a run for each machine, and follow them. */
export function addDeployCommand(line: CommandLine, parent: Command): void {
  addCommand(line, parent, {
    words: 'deploy [machines...]',
    summary: 'write an image to machines; the data on their disks is replaced',
    examples: [
      'machine deploy node-1 --image debian-12 --ssh-key ~/.ssh/id_ed25519.pub',
      'machine deploy node-1 --image debian-12 --seed linux-admin --seed-param adminUser=ops',
      'machine deploy node-1 --image debian-12 --dry-run',
      'machine deploy node-1 node-2 --image debian-12 --detach --yes',
      'machine deploy --selector labels.pool=web --image debian-12',
    ],
  })
    .requiredOption('--image <name>', 'the image')
    .option('--selector <conditions>', 'those, as list filters say it: state=ready&labels.rack=a1')
    .option('--workflow <name>', 'the workflow', 'deploy-image')
    .option('--hostname <name>', 'name of the new system')
    .option('--ssh-key <file>', 'public keys that may log in (repeatable)', collected, [])
    .option('--user-data <file>', 'cloud-init user data')
    .option('--seed <name>', 'what the role is told on its first boot: a folder under seeds/')
    .option(
      '--seed-param <word=value>',
      "value of the seed's parameter (repeatable)",
      collected,
      [],
    )
    .option('--param <name=value>', 'a param for this run alone (repeatable)', collected, [])
    .option('--stop-at <stage>', 'hold the run before this stage')
    .option('--detach', 'print the ids of the runs and leave', false)
    .addOption(progressOption())
    .option('--dry-run', 'show the plan and what lies on the disk, and change nothing', false)
    .option('--plan <digest>', 'only if this is still the plan that --dry-run showed')
    .option('--expect-contents', 'only if the disk still holds what the plan showed', false)
    .option('--yes', 'do not ask', false)
    .action(
      runs(line, (references: string[], options: DeployOptions) =>
        deploy(line, references, options),
      ),
    )
}

async function deploy(
  line: CommandLine,
  references: readonly string[],
  options: DeployOptions,
): Promise<number> {
  // Before anything is asked, as far as that can be said.
  if (options.hostname !== undefined && references.length > 1) throw tooManyNamed()
  const connection = connectionOf(line, options)
  const params = await readRunParams(connection, options)
  const machines = await meantMachines(connection, references, options.selector)
  if (options.hostname !== undefined && machines.length > 1) throw tooManyNamed()
  const wanted = machines.map((machine) => ({
    machine,
    body: { machine: machine.id, workflow: options.workflow, params },
  }))
  if (options.dryRun) {
    const plans = await Promise.all(wanted.map(({ body }) => readPlan(connection, body)))
    return printPlans(line, plans, options)
  }
  const agreed: object[] = []
  for (const { machine, body } of wanted) {
    const plan = options.yes
      ? undefined
      : await confirmPlan(line, machine, () => readPlan(connection, body))
    const { stopAt } = options
    const held = stopAt === undefined ? {} : { stopAt }
    agreed.push({ ...body, ...held, ...boundBy(plan, options) })
  }
  const ordered: Run[] = []
  for (const body of agreed) {
    ordered.push(await askDaemon(connection, { method: 'POST', path: '/runs', body }, runSchema))
  }
  const ids = ordered.map((run) => run.id)
  if (options.detach) {
    writeLines(line.world.stdout, ids)
    return 0
  }
  return followRuns(line.world, connection, {
    only: ids,
    untilDone: true,
    progress: options.progress,
  })
}

function tooManyNamed(): UsageError {
  return new UsageError('--hostname names one machine, and several are to be deployed')
}

/** A plan that was agreed to holds the run to its disk, and to what lies on it where that is asked for. */
function boundBy(plan: string | undefined, options: DeployOptions): object {
  const digest = plan ?? options.plan
  if (digest === undefined) return {}
  return { plan: digest, ...(options.expectContents ? { expectContents: true } : {}) }
}

async function readRunParams(
  connection: DaemonConnection,
  { image, hostname, sshKey, userData, seed, seedParam, param }: DeployOptions,
): Promise<RunParams> {
  const keys = (await Promise.all(sshKey.map(readKeys))).flat()
  return {
    imageName: image,
    ...(hostname === undefined ? {} : { hostname }),
    ...(keys.length === 0 ? {} : { sshAuthorizedKeys: keys }),
    ...(userData === undefined ? {} : { userData: await readTextFile(userData) }),
    ...(seed === undefined ? {} : { seed }),
    ...(seedParam.length === 0 ? {} : { seedParams: readSeedParams(seedParam) }),
    ...(param.length === 0 ? {} : { values: await readParamValues(connection, param) }),
  }
}

/** @throws {UsageError} for one without `=` */
function readSeedParams(words: readonly string[]): Record<string, string> {
  const pairs = words.map((word) => {
    const at = word.indexOf('=')
    if (at < 1) throw new UsageError(`--seed-param takes WORD=VALUE, not "${word}"`)
    return [word.slice(0, at), word.slice(at + 1)] as const
  })
  return Object.fromEntries(pairs)
}

/** The keys of an `authorized_keys` or `.pub` file. */
async function readKeys(file: string): Promise<string[]> {
  const text = await readTextFile(file)
  if (text.includes('PRIVATE KEY-----')) {
    throw new FileUnusableError(`${file} is a private key and stays here`, {
      remedy: `--ssh-key ${file}.pub`,
    })
  }
  const keys = text
    .split('\n')
    .map((key) => key.trim())
    .filter((key) => key !== '' && !key.startsWith('#'))
  if (keys.length === 0) throw new FileUnusableError(`${file} holds no public key`)
  return keys
}
