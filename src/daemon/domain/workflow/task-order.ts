import type { Clock } from '../../../base/clock.ts'
import { CodedError } from '../../../base/coded-error.ts'
import { digestHex } from '../../../base/digest.ts'
import type { TaskOrder } from '../../../contract/agent-frames.ts'
import type { Disk, Machine } from '../../../contract/machine.ts'
import type { Failure, Run } from '../../../contract/run.ts'
import type { Task } from '../../../contract/workflow.ts'
import type { ImageStore, StoredImage } from '../image/image-store.ts'
import type { ParamSources } from '../param/params-for-run.ts'
import { scriptParams } from '../param/script-params.ts'
import { composeSeed, type SeedSources } from '../seed/compose-seed.ts'
import type { SystemScript } from '../seed/system-scripts.ts'
import {
  choiceForbidden,
  diskChoiceFor,
  frozenDisk,
  narrowed,
  type SelectingTask,
  withoutContents,
} from './disk-choice.ts'
import { currentTask, recoveredFailure, tasksAhead } from './run-step.ts'
import type { StateStore } from './state-store.ts'

export interface OrderSources {
  readonly images: Pick<ImageStore, 'findImage'>
  readonly store: Pick<StateStore, 'findNonceOfRun'>
  readonly seeds: SeedSources
  readonly provisioningUrl: string
  readonly clock: Pick<Clock, 'nowMs'>
  readonly params: ParamSources
  machines(): readonly Machine[]
}

export type OrderResult =
  | { readonly ok: true; readonly order: TaskOrder }
  | { readonly ok: false; readonly failure: Failure }

/** Everything the agent needs for the run's current task. */
export async function orderFor(
  run: Run,
  machine: Machine,
  sources: OrderSources,
): Promise<OrderResult> {
  const task = currentTask(run)?.task
  switch (task?.action) {
    case 'inventory':
    case 'reboot':
    case 'poweroff':
      return ordered({ action: task.action })
    case 'select-disk':
    case 'select-disks':
      return selectOrder(run, machine, task, sources)
    case 'write-image':
      return withImage(run, sources, async (image, disk) =>
        writeImageOrder(image, frozenDisk(disk, currentTask(run)), task),
      )
    case 'write-seed':
      return withImage(run, sources, (image, disk) =>
        writeSeedOrder(run, machine, image, withoutContents(disk), sources),
      )
    case 'capture-image':
      return captureImageOrder(run, task, sources)
    case 'kexec':
      return run.disk === undefined
        ? impossible('ERR_ORDER_IMPOSSIBLE', 'no disk was selected')
        : ordered({ action: 'kexec', disk: withoutContents(run.disk) })
    case 'verify-image':
      return withImage(run, sources, async (image, disk) => verifyImageOrder(image, disk, task))
    case 'wipe-disk':
      return wipeDiskOrder(run, task)
    case 'burn-in':
      return ordered({ action: 'burn-in', target: task.target, seconds: task.seconds })
    case 'script':
      return scriptOrder(run, machine, task, sources)
    case 'set-boot-order':
      return ordered({
        ...{ action: 'set-boot-order', first: task.first },
        ...(run.disk === undefined ? {} : { disk: withoutContents(run.disk) }),
      })
    case 'approve':
    case 'await-phone-home':
    case 'system-script':
    case 'call-hook':
    case undefined:
      break
  }
  return impossible('ERR_ORDER_IMPOSSIBLE', `${task?.name ?? 'nothing'} is no task of an agent`)
}

async function selectOrder(
  run: Run,
  machine: Machine,
  task: SelectingTask,
  sources: OrderSources,
): Promise<OrderResult> {
  const world = { nowMs: sources.clock.nowMs(), machines: sources.machines() }
  const failure = choiceForbidden(run, machine, world)
  if (failure !== undefined) return { ok: false, failure }
  const image = await imageOf(run, sources)
  const { approvedDisk, approvedDisks = approvedDisk && [approvedDisk] } = run
  return ordered({
    action: task.action,
    ...diskChoiceFor(narrowed(task, run), machine, image?.manifest.rawBytes),
    ...(approvedDisks === undefined ? {} : { approved: approvedDisks }),
  })
}

function verifyImageOrder(
  { image }: StoredImage,
  disk: Disk,
  { onDifference }: Extract<Task, { action: 'verify-image' }>,
): OrderResult {
  return ordered({
    action: 'verify-image',
    imageDigest: image.digest,
    manifestPath: `/images/${digestHex(image.digest)}/manifest.json`,
    disk: withoutContents(disk),
    onDifference,
  })
}

function wipeDiskOrder(run: Run, { method }: Extract<Task, { action: 'wipe-disk' }>): OrderResult {
  const { disk, disks = disk && [disk] } = run
  if (disks === undefined) return impossible('ERR_ORDER_IMPOSSIBLE', 'no disk was selected')
  const frozen = disks.map((one) => frozenDisk(one, currentTask(run)))
  return ordered({ action: 'wipe-disk', disks: frozen, method })
}

/** What the script learns of its place comes as variables, never as text within it. */
async function scriptOrder(
  run: Run,
  machine: Machine,
  task: Extract<Task, { action: 'script' }>,
  { params }: OrderSources,
): Promise<OrderResult> {
  const script = task.script ?? run.params.script
  if (script === undefined) return impossible('ERR_ORDER_IMPOSSIBLE', 'the run brings no script')
  const stage = currentTask(run)?.stage ?? ''
  const found = await paramsOf(run, stage, task.secrets, params)
  if (!found.ok) return found
  const environment = {
    ...found.variables,
    ...placeVariables(run, machine, stage, task.name),
    REPAVE_TRY: String(currentTask(run)?.attempts ?? 1),
    REPAVE_DISK: run.disk?.path ?? '',
    REPAVE_FAILURE: (currentTask(run)?.isRecovery && recoveredFailure(run)?.code) || '',
  }
  const { secretVariables } = found
  return ordered({ action: 'script', script, environment, secretVariables: [...secretVariables] })
}

/** What the new system is to run, in its order, each with what it learns of its place. */
async function systemScripts(
  run: Run,
  machine: Machine,
  { params }: OrderSources,
): Promise<{ ok: true; scripts: SystemScript[] } | { ok: false; failure: Failure }> {
  const scripts: SystemScript[] = []
  for (const { task, stage } of tasksAhead(run)) {
    if (task.action !== 'system-script') continue
    const found = await paramsOf(run, stage, [], params)
    if (!found.ok) return found
    const environment = { ...found.variables, ...placeVariables(run, machine, stage, task.name) }
    scripts.push({ name: task.name, text: task.script, environment })
  }
  return { ok: true, scripts }
}

function placeVariables(
  run: Run,
  machine: Machine,
  stage: string,
  task: string,
): Record<string, string> {
  return {
    REPAVE_MACHINE: machine.name,
    REPAVE_MACHINE_ID: machine.id,
    REPAVE_MAC: machine.macAddresses[0] ?? '',
    REPAVE_RUN: run.id,
    REPAVE_WORKFLOW: run.workflow,
    REPAVE_STAGE: stage,
    REPAVE_TASK: task,
    REPAVE_IMAGE: run.params.imageName ?? '',
  }
}

async function paramsOf(
  { frozenParams }: Run,
  stage: string,
  secrets: readonly string[],
  sources: ParamSources,
) {
  if (frozenParams === undefined) return { ok: true, variables: {}, secretVariables: [] } as const
  try {
    const found = await scriptParams(frozenParams, { stage, secrets }, sources)
    return { ok: true, ...found } as const
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return impossible(error.code, error.message)
  }
}

function writeImageOrder(
  image: StoredImage,
  disk: Disk,
  { mode, readBack }: Extract<Task, { action: 'write-image' }>,
): OrderResult {
  const path = `/images/${digestHex(image.image.digest)}`
  return ordered({
    action: 'write-image',
    imageName: image.image.name,
    imageDigest: image.image.digest,
    manifestPath: `${path}/manifest.json`,
    packPath: `${path}/pack`,
    ...{ mode, readBack },
    disk,
  })
}

async function captureImageOrder(
  run: Run,
  { generalise, script }: Extract<Task, { action: 'capture-image' }>,
  { store }: OrderSources,
): Promise<OrderResult> {
  const nonce = await store.findNonceOfRun(run.id)
  if (nonce === undefined) return impossible('ERR_ORDER_IMPOSSIBLE', 'the run has no secret word')
  if (run.disk === undefined) return impossible('ERR_ORDER_IMPOSSIBLE', 'no disk was selected')
  return ordered({
    action: 'capture-image',
    disk: run.disk,
    uploadPath: `/captures/${nonce.nonce}`,
    generalise,
    ...(script === undefined ? {} : { script }),
  })
}

async function writeSeedOrder(
  run: Run,
  machine: Machine,
  image: StoredImage,
  disk: Disk,
  sources: OrderSources,
): Promise<OrderResult> {
  const nonce = await sources.store.findNonceOfRun(run.id)
  if (nonce === undefined) {
    return impossible('ERR_ORDER_IMPOSSIBLE', 'the run has no nonce to call home with')
  }
  const phoneHomeUrl = `${sources.provisioningUrl}/phone-home/${nonce.nonce}`
  const scripts = await systemScripts(run, machine, sources)
  if (!scripts.ok) return scripts
  const subject = { run, machine, image, phoneHomeUrl, scripts: scripts.scripts }
  const seed = await composeSeed(subject, sources.seeds)
  if (!seed.ok) return seed
  const { label, files } = seed
  return ordered({
    ...{ action: 'write-seed', disk, imageBytes: image.manifest.rawBytes, label, files },
    ...(run.receipt === undefined ? {} : { receipt: run.receipt }),
  })
}

async function withImage(
  run: Run,
  sources: OrderSources,
  order: (image: StoredImage, disk: Disk) => Promise<OrderResult>,
): Promise<OrderResult> {
  const image = await imageOf(run, sources)
  if (image === undefined) {
    const name = run.params.imageName ?? 'none'
    return impossible('ERR_IMAGE_NOT_FOUND', `image ${name} (${run.imageDigest ?? ''}) is gone`)
  }
  if (run.disk === undefined) return impossible('ERR_ORDER_IMPOSSIBLE', 'no disk was selected')
  return order(image, run.disk)
}

async function imageOf(run: Run, { images }: OrderSources): Promise<StoredImage | undefined> {
  return run.imageDigest === undefined ? undefined : images.findImage(run.imageDigest)
}

function ordered(order: TaskOrder): OrderResult {
  return { ok: true, order }
}

function impossible(code: string, message: string): Extract<OrderResult, { ok: false }> {
  return { ok: false, failure: { code, message, retryable: false } }
}
