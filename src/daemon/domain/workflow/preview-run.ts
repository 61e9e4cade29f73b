import { digestFromBytes } from '../../../base/digest.ts'
import { fromHex } from '../../../base/hex.ts'
import { canonicalJson } from '../../../contract/canonical-json.ts'
import type { ApprovedDisk } from '../../../contract/disk-choice/choice-request.ts'
import { judgeDisks } from '../../../contract/disk-choice/judge-disks.ts'
import type { Disk, Machine } from '../../../contract/machine.ts'
import type { Failure } from '../../../contract/run.ts'
import type { RunPlan } from '../../../contract/run-plan.ts'
import type { Secrets } from '../bootenv/secrets.ts'
import { paramsOfRun } from '../param/resolve-params.ts'
import { choiceForbidden, diskChoiceFor, narrowed } from './disk-choice.ts'
import { tasksOf } from './plan-run.ts'
import type { PreparedRun } from './prepare-run.ts'

export interface PreviewSources {
  readonly nowMs: number
  readonly machines: readonly Machine[]
  readonly imageBytes: number | undefined
  readonly secrets: Pick<Secrets, 'hashOf'>
}

/** What the run would do, judged by the same rules as the agent judges by, on the last inventory. */
export function previewRun(
  machine: Machine,
  prepared: PreparedRun,
  sources: PreviewSources,
): RunPlan {
  const { workflow, params, imageDigest } = prepared
  const all = tasksOf(workflow)
  const selects = all.map(({ task }) => task).find((task) => task.action === 'select-disk')
  const judged =
    selects === undefined
      ? []
      : judgeDisks(
          machine.inventory?.disks ?? [],
          diskChoiceFor(narrowed(selects, prepared), machine, sources.imageBytes),
        )
  const disks = judged.map(({ disk, refusal }) => ({
    disk,
    ...(refusal === undefined ? {} : { refusal }),
  }))
  const open = disks.filter(({ refusal }) => refusal === undefined).map(({ disk }) => disk)
  const problem =
    selects === undefined
      ? undefined
      : (choiceForbidden({}, machine, sources) ?? choiceProblem(machine, open.length))
  const [disk] = problem === undefined ? open : []
  const plan = {
    machineName: machine.name,
    workflow: workflow.name,
    ...(params.imageName === undefined ? {} : { imageName: params.imageName }),
    ...(imageDigest === undefined ? {} : { imageDigest }),
    tasks: all.map(({ stage, task }) => ({ stage, name: task.name, action: task.action })),
    params: [...paramsOfRun(prepared.frozenParams)],
    ...(disk === undefined ? {} : { disk }),
  }
  const facts = {
    ...plan,
    machine: machine.id,
    // As texts: params may be fractions, which canonical JSON does not hold.
    params: JSON.stringify(plan.params),
    workflow: JSON.stringify(workflow),
    ...(disk && { disk: approvalOf(disk) }),
  }
  const digest = digestFromBytes(fromHex(sources.secrets.hashOf(canonicalJson(facts))))
  return { ...plan, disks, ...(problem === undefined ? {} : { problem }), digest }
}

/** What of a disk a person agrees to lose; its content only where that was asked for. */
export function approvalOf(disk: Disk, expectContents = false): ApprovedDisk {
  const { serial, wwn, physicalPath, sizeBytes, contents } = disk
  const fingerprint =
    !expectContents || contents === undefined || 'unreadable' in contents
      ? undefined
      : contents.fingerprint
  return {
    sizeBytes,
    ...(serial === undefined ? {} : { serial }),
    ...(wwn === undefined ? {} : { wwn }),
    ...(physicalPath === undefined ? {} : { physicalPath }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
  }
}

function choiceProblem({ name, inventory }: Machine, matching: number): Failure | undefined {
  if (matching === 1) return undefined
  const message =
    inventory === undefined
      ? `${name} has not shown its disks yet: one is chosen by the rule when it boots`
      : `${matching === 0 ? 'no disk matches' : `${matching} disks match`} the rule, as far as the last inventory tells`
  return { code: 'ERR_DISK_NOT_SELECTED', message, retryable: true }
}
