import { lstat, mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { imageSchema } from '../contract/api-documents.ts'
import { askDaemon } from './ask-daemon.ts'
import { LabStepError } from './errors.ts'
import type { LabPlan, LabSize } from './lab-plan.ts'
import { ensureLabPackages, powerOnAll, raiseLab, sledgehammerDirectory } from './lab-up.ts'
import { runRepave } from './repave-program.ts'

/** The image the tour deploys. */
export const tourImage = 'debian-12'
const recipeDirectory = fileURLToPath(new URL(`../../images/${tourImage}`, import.meta.url))

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
  await importTourImage(plan)
  await addTourMachines(plan, options.workflow)
  await powerOnAll(plan, accelerator)
  options.log(`consoles: ${join(plan.directory, 'machines', '*', 'serial.log')}`)
  const follow = options.terminal
    ? ['tui', '--exit-when-done']
    : ['run', 'watch', '--all', '--until-done']
  return runRepave(follow, onDaemon(plan))
}

const onDaemon = (plan: LabPlan) => ({ REPAVE_SOCKET: plan.socketPath })

/**
 * Makes every machine known and orders its deployment; it begins when the machine is switched on.
 *
 * @param options further words of `repave machine deploy`
 */
export async function addTourMachines(
  plan: LabPlan,
  workflow: string,
  options: readonly string[] = [],
): Promise<void> {
  for (const { name, macAddress } of plan.machines) {
    await repave(plan, 'machine', 'add', name, '--mac', macAddress)
    await repave(
      plan,
      ...['machine', 'deploy', name, '--image', tourImage, '--workflow', workflow],
      ...['--hostname', name, '--detach', '--yes', ...options],
    )
  }
}

/** The slow things, side by side: packages, sledgehammer, image. Nothing is made twice. */
export async function prepareTour({ plan, log }: Pick<TourOptions, 'plan' | 'log'>): Promise<void> {
  await mkdir(plan.daemonDirectory, { recursive: true })
  const sledgehammer = ['sledgehammer', 'build', '--output', sledgehammerDirectory(plan)]
  const image = ['image', 'build', tourImage, '--output', imageFile(plan)]
  await Promise.all([
    ensureLabPackages(log),
    requireSuccess(sledgehammer, runRepave(sledgehammer)),
    (await isUpToDate(imageFile(plan))) ? undefined : requireSuccess(image, runRepave(image)),
  ])
}

const imageFile = (plan: LabPlan) => join(plan.directory, `${tourImage}.raw`)

/** Imports the image unless the daemon holds it already; a file built since then counts as another one. */
export async function importTourImage(plan: LabPlan): Promise<void> {
  const answer = await askDaemon(plan.socketPath, `/api/v1/images/${tourImage}`)
  const known = imageSchema.safeParse(answer?.body).data
  const { mtimeMs } = await stat(imageFile(plan))
  if (known === undefined || known.importedAtMs < mtimeMs) {
    await repave(plan, 'image', 'import', imageFile(plan))
  }
}

async function repave(plan: LabPlan, ...args: readonly string[]): Promise<void> {
  await requireSuccess(args, runRepave(args, onDaemon(plan)))
}

async function requireSuccess(args: readonly string[], exit: Promise<number>): Promise<void> {
  const code = await exit
  if (code !== 0) throw new LabStepError(args, code)
}

/** Whether the image was built since its recipe last changed. */
async function isUpToDate(image: string): Promise<boolean> {
  const built = await stat(image).catch(() => undefined)
  if (built === undefined) return false
  const files = await readdir(recipeDirectory, { recursive: true })
  const changes = await Promise.all(files.map((file) => lstat(join(recipeDirectory, file))))
  return changes.every(({ mtimeMs }) => mtimeMs < built.mtimeMs)
}
