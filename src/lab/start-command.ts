import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { LabStepError } from './errors.ts'
import type { LabPlan, LabSize } from './lab-plan.ts'
import { ensureLabPackages, powerOnAll, raiseLab, sledgehammerDirectory } from './lab-up.ts'
import { runRepave } from './repave-program.ts'

/** The image the tour deploys. */
export const tourImage = 'debian-12'

export interface TourOptions {
  readonly plan: LabPlan
  readonly size: LabSize
  readonly workflow: string
  /** Follow in the terminal UI rather than in plain lines. */
  readonly terminal: boolean
  readonly log: (line: string) => void
}

/**
 * The whole promise in one command: builds sledgehammer and the image where they are missing, raises
 * the lab, has every machine deployed and follows them to the end.
 *
 * @returns 0 only when every machine is deployed
 */
export async function runTour(options: TourOptions): Promise<number> {
  const { plan } = options
  await prepareTour(options)
  const accelerator = await raiseLab(plan, options)
  const onDaemon = { REPAVE_SOCKET: plan.socketPath }
  const repave = (...args: string[]) => requireSuccess(args, runRepave(args, onDaemon))
  await importTourImage(plan, repave)
  for (const machine of plan.machines) {
    await repave('machine', 'add', machine.name, '--mac', machine.macAddress)
    await repave(
      ...['machine', 'deploy', machine.name, '--image', tourImage],
      ...['--workflow', options.workflow, '--hostname', machine.name, '--detach', '--yes'],
    )
  }
  await powerOnAll(plan, accelerator)
  options.log(`consoles: tail -f ${join(plan.directory, 'machines', '*', 'serial.log')}`)
  return options.terminal
    ? runRepave(['tui', '--exit-when-done'], onDaemon)
    : runRepave(['run', 'watch', '--all', '--until-done'], onDaemon)
}

/** The slow things, side by side: packages, sledgehammer, image. Nothing is made twice. */
export async function prepareTour({ plan, log }: Pick<TourOptions, 'plan' | 'log'>): Promise<void> {
  await mkdir(plan.daemonDirectory, { recursive: true })
  const sledgehammer = ['sledgehammer', 'build', '--output', sledgehammerDirectory(plan)]
  const image = ['image', 'build', tourImage, '--output', imageFile(plan)]
  await Promise.all([
    ensureLabPackages(log),
    requireSuccess(sledgehammer, runRepave(sledgehammer)),
    (await fileExists(imageFile(plan))) ? undefined : requireSuccess(image, runRepave(image)),
  ])
}

const imageFile = (plan: LabPlan) => join(plan.directory, `${tourImage}.raw`)

async function importTourImage(
  plan: LabPlan,
  repave: (...args: string[]) => Promise<void>,
): Promise<void> {
  await repave('image', 'import', imageFile(plan), '--name', tourImage, '--if-missing')
}

async function requireSuccess(args: readonly string[], exit: Promise<number>): Promise<void> {
  const code = await exit
  if (code !== 0) throw new LabStepError(args, code)
}

async function fileExists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
