import { digestFromBytes } from '../../../base/digest.ts'
import { fromHex } from '../../../base/hex.ts'
import { canonicalJson } from '../../../contract/canonical-json.ts'
import type { ApprovedDisk } from '../../../contract/disk-choice/choice-request.ts'
import { type JudgedDisk, judgeDisks } from '../../../contract/disk-choice/judge-disks.ts'
import type { Disk, Machine } from '../../../contract/machine.ts'
import type { RunPlan } from '../../../contract/run-plan.ts'
import type { Failure } from '../../../contract/run.ts'
import type { Secrets } from '../bootenv/secrets.ts'
import { paramsOfRun } from '../param/resolve-params.ts'
import {
  choiceForbidden,
  diskChoiceFor,
  isSelecting,
  narrowed,
  type SelectingTask,
} from './disk-choice.ts'
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
  const selects = all.map(({ task }) => task).find(isSelecting)
  const judged = selects === undefined ? [] : judge(machine, selects, prepared, sources)
  const disks = judged.map(({ disk, refusal }) => ({
    disk,
    ...(refusal === undefined ? {} : { refusal }),
  }))
  const open = judged.filter(({ refusal }) => refusal === undefined).map(({ disk }) => disk)
  const problem = selects && problemOf(machine, selects, judged, sources)
  const chosen = problem === undefined ? open : []
  const [disk] = selects?.action === 'select-disk' ? chosen : []
  const wiped = selects?.action === 'select-disks' && chosen.length > 0 ? chosen : undefined
  const plan = {
    machineName: machine.name,
    workflow: workflow.name,
    ...(params.imageName === undefined ? {} : { imageName: params.imageName }),
    ...(imageDigest === undefined ? {} : { imageDigest }),
    tasks: all.map(({ stage, task }) => ({ stage, name: task.name, action: task.action })),
    params: [...paramsOfRun(prepared.frozenParams)],
    ...(disk === undefined ? {} : { disk }),
    ...(wiped === undefined ? {} : { wiped }),
  }
  const facts = {
    ...{ ...plan, machine: machine.id },
    // As texts: params may be fractions, which canonical JSON does not hold.
    params: JSON.stringify(plan.params),
    workflow: JSON.stringify(workflow),
    ...(disk && { disk: approvalOf(disk) }),
    ...(wiped && { wiped: wiped.map((one) => approvalOf(one)) }),
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

/**
 * A disk that a person only has to confirm counts as one that may be written: the plan is what confirms it. So does one
 * that nobody has read: the agent reads it before it chooses, and refuses what is not to be lost.
 */
function judge(
  machine: Machine,
  selects: SelectingTask,
  prepared: PreparedRun,
  { imageBytes }: PreviewSources,
): JudgedDisk[] {
  const disks = machine.inventory?.disks ?? []
  const approved = disks.map((disk) => approvalOf(disk))
  const request = diskChoiceFor(narrowed(selects, prepared), machine, imageBytes)
  return judgeDisks(disks, { ...request, approved }, { isUnreadOpen: true })
}

function problemOf(
  machine: Machine,
  selects: SelectingTask,
  judged: readonly JudgedDisk[],
  sources: PreviewSources,
): Failure | undefined {
  const forbidden = choiceForbidden({}, machine, sources)
  if (forbidden !== undefined) return forbidden
  const matching = judged.filter(({ refusal }) => refusal === undefined).length
  if (selects.action === 'select-disk') return choiceProblem(machine, matching)
  const inTheWay = judged.filter(({ refusal, isLeft }) => refusal !== undefined && !isLeft).length
  return matching > 0 && inTheWay === 0 ? undefined : wipeProblem(machine, inTheWay)
}

function wipeProblem({ name, inventory }: Machine, inTheWay: number): Failure {
  const message =
    inventory === undefined
      ? `${name} has not shown its disks yet: all are chosen when it boots`
      : `${inTheWay === 0 ? 'no disk is left to wipe' : `${inTheWay} disks may not be wiped`}, as far as the last inventory tells`
  return { code: 'ERR_DISKS_NOT_SELECTED', message, retryable: true }
}

function choiceProblem({ name, inventory }: Machine, matching: number): Failure | undefined {
  if (matching === 1) return undefined
  const message =
    inventory === undefined
      ? `${name} has not shown its disks yet: one is chosen by the rule when it boots`
      : `${matching === 0 ? 'no disk matches' : `${matching} disks match`} the rule, as far as the last inventory tells`
  return { code: 'ERR_DISK_NOT_SELECTED', message, retryable: true }
}
