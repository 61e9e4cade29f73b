import { Command, InvalidArgumentError } from 'commander'

import { LabMachineNotFoundError } from './errors.ts'
import { attachConsole } from './lab-console.ts'
import { type LabSize, planLab } from './lab-plan.ts'
import { bootMachine, cutPower, resetMachine } from './lab-power.ts'
import { readLab } from './lab-record.ts'
import { describeLab } from './lab-status.ts'
import { ensureLabPackages, powerOnAll, raiseLab, sledgehammerDirectory } from './lab-up.ts'
import { removeNamespace } from './namespace.ts'
import { runRepave } from './repave-program.ts'
import { runTour } from './start-command.ts'

const log = (line: string) => process.stderr.write(`${line}\n`)

function machineCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 0 && count <= 16) return count
  throw new InvalidArgumentError('a number from 0 to 16')
}

/** `repave lab up|status|boot|off|reset|console|down`: a virtual rack that no packet leaves. */
export async function runLabCommand(argv: readonly string[]): Promise<number> {
  const program = new Command('repave lab').description(
    'A virtual rack: QEMU machines in a network namespace without uplink.',
  )
  withExamples(program, 'up --uefi 2 --bios 0', 'reset uefi-1 --blank')
  const up = program.command('up').description('start the rack: network, daemon, machines')
  withExamples(withSize(up), 'up --uefi 2 --bios 0', 'up --secure 1 --directory /srv/lab').action(
    async (options: SizeOptions) => {
      const size = sizeOf(options)
      const plan = planLab(options.directory, size)
      await ensureLabPackages(log)
      await runRepave(['sledgehammer', 'build', '--output', sledgehammerDirectory(plan)])
      await powerOnAll(plan, await raiseLab(plan, { size, log }))
    },
  )
  const status = inFolder(program.command('status').description('what is up'))
  withExamples(status, 'status', 'status --directory /srv/lab').action(async ({ directory }) => {
    const { plan, record } = await readLab(directory)
    for (const line of await describeLab(plan, record)) process.stdout.write(`${line}\n`)
  })
  addMachineCommands(program)
  const down = inFolder(
    program.command('down').description('end every process of the lab and remove its network'),
  )
  withExamples(down, 'down', 'down --directory /srv/lab').action(async ({ directory }) => {
    const { plan } = await readLab(directory)
    await removeNamespace(plan, 30_000)
    log(`lab ${plan.directory} is down; its disks, logs and images are still in that folder`)
  })
  await program.parseAsync([...argv], { from: 'user' })
  return 0
}

/** What is done to one machine of the rack. */
function addMachineCommands(program: Command): void {
  const add = (verb: string, summary: string, example = `${verb} bios-1 --directory /srv/lab`) =>
    withExamples(
      inFolder(program.command(verb).argument('<machine>').description(summary)),
      `${verb} uefi-1`,
      example,
    )
  add('boot', 'switch it on').action(async (name: string, options: FolderOptions) => {
    const { plan, record, machine } = await findMachine(name, options)
    await bootMachine(plan, machine, record)
    log(`${name} is on`)
  })
  add('off', 'take its power away, whatever it does').action(
    async (name: string, options: FolderOptions) => {
      const { plan, machine } = await findMachine(name, options)
      await cutPower(plan, machine)
      log(`${name} is off`)
    },
  )
  add('reset', 'off and on again', 'reset uefi-1 --blank')
    .option('--blank', 'as it was new: an empty disk, firmware without memory', false)
    .action(async (name: string, options: FolderOptions & { blank: boolean }) => {
      const { plan, record, machine } = await findMachine(name, options)
      await resetMachine(plan, machine, { record, isBlank: options.blank })
      log(`${name} is on${options.blank ? ', with an empty disk' : ''}`)
    })
  add('console', 'its serial line; leave with Ctrl-]').action(
    async (name: string, options: FolderOptions) => {
      await attachConsole((await findMachine(name, options)).machine)
    },
  )
}

/** @throws {LabMachineNotFoundError} with the names that there are */
async function findMachine(name: string, { directory }: FolderOptions) {
  const { plan, record } = await readLab(directory)
  const machine = plan.machines.find((candidate) => candidate.name === name)
  if (machine !== undefined) return { plan, record, machine }
  throw new LabMachineNotFoundError(
    name,
    plan.machines.map((candidate) => candidate.name),
  )
}

/** `repave start`, which `npm start` runs: one UEFI and one BIOS machine, from nothing to deployed. */
export async function runStartCommand(argv: readonly string[]): Promise<number> {
  let exitCode = 1
  const program = new Command('repave start')
    .description('Deploy Debian onto a virtual rack, and watch.')
    .addHelpText('after', '\nExamples:\n  repave start\n  repave start --uefi 2 --bios 0 --plain')
  withSize(program)
    .option('--workflow <name>', 'workflow to run', 'deploy-image')
    .option('--plain', 'plain lines even on a terminal', false)
    .action(async (options: SizeOptions & { workflow: string; plain: boolean }) => {
      const size = sizeOf(options)
      exitCode = await runTour({
        plan: planLab(options.directory, size),
        size,
        workflow: options.workflow,
        terminal: process.stdout.isTTY && !options.plain,
        log,
      })
    })
  await program.parseAsync([...argv], { from: 'user' })
  return exitCode
}

interface FolderOptions {
  directory: string
}
interface SizeOptions extends FolderOptions {
  bios: number
  uefi: number
  http: number
  secure: number
}

function sizeOf({ bios, uefi, http, secure }: SizeOptions): LabSize {
  return {
    biosMachines: bios,
    uefiMachines: uefi,
    httpMachines: http,
    secureMachines: secure,
  }
}

function withExamples(command: Command, ...examples: readonly string[]): Command {
  const lines = examples.map((example) => `  repave lab ${example}`)
  return command.addHelpText('after', ['\nExamples:', ...lines].join('\n'))
}

function inFolder(command: Command): Command {
  return command.option('--directory <folder>', 'folder of the lab', 'lab')
}

function withSize(command: Command): Command {
  return inFolder(command)
    .option('--uefi <count>', 'machines with EDK2', machineCount, 1)
    .option('--bios <count>', 'machines with SeaBIOS', machineCount, 1)
    .option('--http <count>', 'machines with EDK2 that boot by HTTP alone', machineCount, 0)
    .option('--secure <count>', 'machines with EDK2 and Secure Boot', machineCount, 0)
}
