import type { Digest } from '../../../base/digest.ts'
import type { NewRun } from '../../../contract/api-documents.ts'
import type { ApprovedDisk } from '../../../contract/disk-choice/choice-request.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { FrozenParams } from '../../../contract/param.ts'
import type { Run } from '../../../contract/run.ts'
import type { Workflow } from '../../../contract/workflow.ts'
import type { Secrets } from '../bootenv/secrets.ts'
import { ImageQuarantinedError } from '../image/errors.ts'
import type { ImageStore } from '../image/image-store.ts'
import { paramsForRun } from '../param/params-for-run.ts'
import type { CloudConfigReader } from '../seed/cloud-config.ts'
import { readSecrets, seedParamsFault, wordsOfMachine } from '../seed/compose-seed.ts'
import type { SecretFiles } from '../seed/seed-role.ts'
import type { ContentSource } from './content-source.ts'
import {
  CaptureNameRequiredError,
  HookNotFoundError,
  ImageNotFoundError,
  ImageRequiredError,
  ScriptRequiredError,
  SeedNotFoundError,
  SeedParamsError,
  SeedSecretMissingError,
  UserDataInvalidError,
  WorkflowNotFoundError,
} from './errors.ts'
import type { HookCaller } from './hook-caller.ts'
import {
  capturesImage,
  checkWorkflow,
  needsImage,
  needsScript,
  planRun,
  tasksOf,
} from './plan-run.ts'
import type { PhoneHomeNonce } from './state-store.ts'

export interface RunSources {
  readonly content: ContentSource
  readonly images: Pick<ImageStore, 'findImage'>
  readonly cloudConfig: CloudConfigReader
  readonly secretFiles: SecretFiles
  readonly secrets: Secrets
  readonly hooks: Pick<HookCaller, 'has'>
}

/** A request that can be met: everything it names exists and is fixed. */
export interface PreparedRun {
  readonly workflow: Workflow
  readonly params: NonNullable<NewRun['params']>
  readonly frozenParams: FrozenParams
  readonly imageDigest?: Digest
  /** The disk that a person saw in the plan and agreed to lose. */
  readonly approvedDisk?: ApprovedDisk
  readonly approvedDisks?: readonly ApprovedDisk[]
  /** A breakpoint. */
  readonly stopAt?: string
  readonly begunByBoot?: true
  readonly previousImageDigest?: Digest
}

/** Whose params and profiles a run goes by. */
export type PreparedFor = Pick<Machine, 'name' | 'params' | 'profiles'>

/** @throws a coded error for whatever the request names and there is not, and for params that do not fit */
export async function prepareRun(
  machine: PreparedFor,
  workflowName: string,
  params: PreparedRun['params'],
  sources: RunSources,
): Promise<PreparedRun> {
  const workflow = sources.content.workflow(workflowName)
  if (workflow === undefined) throw new WorkflowNotFoundError(workflowName)
  if (params.userData !== undefined) {
    const read = sources.cloudConfig.readCloudConfig(params.userData)
    if (!read.ok) throw new UserDataInvalidError(read.reason)
  }
  if (capturesImage(workflow) && params.captureName === undefined) {
    throw new CaptureNameRequiredError(workflowName)
  }
  if (needsScript(workflow) && params.script === undefined) {
    throw new ScriptRequiredError(workflowName)
  }
  checkHooks(workflow, sources.hooks)
  checkWorkflow(workflow)
  const asked = { machine, workflow, ...(params.values && { runValues: params.values }) }
  const frozenParams = await paramsForRun(asked, sources)
  await checkSeed(params, { ...sources, workflow, frozenParams })
  if (!needsImage(workflow)) return { workflow, params, frozenParams }
  const { imageName } = params
  if (imageName === undefined) throw new ImageRequiredError(workflowName)
  const image = await sources.images.findImage(imageName)
  if (image === undefined) throw new ImageNotFoundError(imageName)
  if (image.image.state === 'quarantined') throw new ImageQuarantinedError(image.image)
  const { name, version, digest } = image.image
  // A digest says nothing to those who watch the run.
  const shown = imageName === digest ? `${name}@${version}` : imageName
  return { workflow, params: { ...params, imageName: shown }, frozenParams, imageDigest: digest }
}

/** @throws {HookNotFoundError} */
function checkHooks(workflow: Workflow, hooks: RunSources['hooks']): void {
  for (const { task } of tasksOf(workflow)) {
    if (task.action === 'call-hook' && !hooks.has(task.hook)) {
      throw new HookNotFoundError(workflow.name, task.hook)
    }
  }
}

/** What a seed goes by besides the params of the deployment. */
type SeedPlace = Pick<PreparedRun, 'workflow' | 'frozenParams'>

/** Everything that would otherwise be missing only when the disk is written already. */
async function checkSeed(
  { seed, seedParams = {} }: PreparedRun['params'],
  { content, secretFiles, workflow, frozenParams }: RunSources & SeedPlace,
): Promise<void> {
  if (seed === undefined) {
    const [word] = Object.keys(seedParams)
    if (word !== undefined) throw new SeedParamsError(`${word} is a parameter of no seed`)
    return
  }
  const role = content.seedRole(seed)
  if (role === undefined) throw new SeedNotFoundError(seed, content.seedNames())
  const writes = tasksOf(workflow).find(({ task }) => task.action === 'write-seed')
  const ofMachine = wordsOfMachine(role, frozenParams, writes?.stage)
  const fault = seedParamsFault(role, seedParams, ofMachine)
  if (fault !== undefined) throw new SeedParamsError(fault)
  const secrets = await readSecrets(role, secretFiles)
  if (!secrets.ok) throw new SeedSecretMissingError(secrets.reason)
}

/** The run for one machine, with the word that its system will call home with. */
export function runFor(
  machine: Machine,
  prepared: PreparedRun,
  secrets: Secrets,
  nowMs: number,
): { run: Run; nonce: PhoneHomeNonce } {
  const id = secrets.newId()
  const nonce = secrets.newSecret()
  const run = planRun({ id, machine, nowMs, ...prepared })
  const nonceHash = secrets.hashOf(nonce)
  return { run, nonce: { nonce, nonceHash, runId: id, machineId: machine.id } }
}
