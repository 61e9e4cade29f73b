import { CodedError } from '../../../base/coded-error.ts'
import { nearestWord } from '../../../base/nearest-word.ts'

export class WorkflowNotFoundError extends CodedError {
  readonly code = 'ERR_WORKFLOW_NOT_FOUND'
  readonly workflow: string

  constructor(workflow: string) {
    super(`there is no workflow called ${workflow}`, {
      remedy: 'name one of the folders under workflows/',
    })
    this.workflow = workflow
  }
}

/** A workflow that could only fail, or report a success that nothing proves. */
export class WorkflowInvalidError extends CodedError {
  readonly code = 'ERR_WORKFLOW_INVALID'
  readonly workflow: string
  readonly reason: string

  constructor(workflow: string, reason: string) {
    super(`workflow ${workflow} cannot run: ${reason}`, {
      remedy: `correct workflows/${workflow}/workflow.yaml`,
    })
    this.workflow = workflow
    this.reason = reason
  }
}

export class ImageRequiredError extends CodedError {
  readonly code = 'ERR_IMAGE_REQUIRED'
  readonly workflow: string

  constructor(workflow: string) {
    super(`workflow ${workflow} writes an image, and none was named`, {
      remedy: 'name an image (--image); `repave image list` shows them',
    })
    this.workflow = workflow
  }
}

export class CaptureNameRequiredError extends CodedError {
  readonly code = 'ERR_CAPTURE_NAME_REQUIRED'
  readonly workflow: string

  constructor(workflow: string) {
    super(`workflow ${workflow} captures an image, and it was given no name`, {
      remedy: 'say what to call it: repave machine capture MACHINE --name NAME',
    })
    this.workflow = workflow
  }
}

export class ImageNotFoundError extends CodedError {
  readonly code = 'ERR_IMAGE_NOT_FOUND'
  readonly imageName: string

  constructor(imageName: string) {
    super(`there is no image called ${imageName}`, {
      remedy: '`repave image list` shows what there is, `repave image import` adds one',
    })
    this.imageName = imageName
  }
}

export class SeedNotFoundError extends CodedError {
  readonly code = 'ERR_SEED_NOT_FOUND'
  readonly seed: string

  constructor(seed: string, known: readonly string[]) {
    const nearest = nearestWord(seed, known)
    const hint = nearest === undefined ? '' : `, did you mean ${nearest}?`
    super(`there is no seed called ${seed}${hint}`, {
      remedy: known.length === 0 ? 'add a folder under seeds/' : `known are: ${known.join(', ')}`,
    })
    this.seed = seed
  }
}

export class SeedParamsError extends CodedError {
  readonly code = 'ERR_SEED_PARAMS'

  constructor(reason: string) {
    super(reason, {
      remedy: '--seed NAME --seed-param WORD=VALUE, with words that seed.yaml lists',
    })
  }
}

export class SeedSecretMissingError extends CodedError {
  readonly code = 'ERR_SEED_SECRET_MISSING'

  constructor(reason: string) {
    super(reason, { remedy: 'put it into the folder secrets/ of the data directory, chmod 600' })
  }
}

export class UserDataInvalidError extends CodedError {
  readonly code = 'ERR_USER_DATA_INVALID'

  constructor(reason: string) {
    super(`the user-data cannot be used: ${reason}`, {
      remedy: 'give a #cloud-config document whose top level is a mapping',
    })
  }
}

export class RunNotFoundError extends CodedError {
  readonly code = 'ERR_RUN_NOT_FOUND'
  readonly runId: string

  constructor(runId: string) {
    super(`there is no run ${runId}`, { remedy: '`repave run list` shows them' })
    this.runId = runId
  }
}

/** One machine does one thing at a time. */
export class RunUnderWayError extends CodedError {
  readonly code = 'ERR_RUN_UNDER_WAY'
  readonly runId: string

  constructor(machineName: string, runId: string) {
    super(`${machineName} is already at run ${runId}`, {
      remedy: `wait for it, or cancel it: repave run cancel ${runId}`,
    })
    this.runId = runId
  }
}

export class RunEndedError extends CodedError {
  readonly code = 'ERR_RUN_ENDED'
  readonly runId: string

  constructor(runId: string, state: string) {
    super(`run ${runId} has ended: ${state}`)
    this.runId = runId
  }
}

export class RunNotWaitingError extends CodedError {
  readonly code = 'ERR_RUN_NOT_WAITING'
  readonly runId: string

  constructor(runId: string, state: string, reason = 'waits for no approval') {
    super(`run ${runId} ${reason}: it is ${state}`)
    this.runId = runId
  }
}

/** What proves the run may not be left out: its success would be a lie. */
export class TaskRequiredError extends CodedError {
  readonly code = 'ERR_TASK_REQUIRED'
  readonly runId: string

  constructor(runId: string, reason: string) {
    super(`the task cannot be skipped: ${reason}`, {
      remedy: `cancel the run instead: repave run cancel ${runId}`,
    })
    this.runId = runId
  }
}

/** A breakpoint on a stage that the workflow does not have would never be reached. */
export class StageNotFoundError extends CodedError {
  readonly code = 'ERR_STAGE_NOT_FOUND'
  readonly stage: string

  constructor(workflow: string, stage: string, stages: readonly string[]) {
    super(`workflow ${workflow} has no stage ${stage}`, {
      remedy: `name one of ${stages.join(', ')}`,
    })
    this.stage = stage
  }
}

export class ScriptRequiredError extends CodedError {
  readonly code = 'ERR_SCRIPT_REQUIRED'
  readonly workflow: string

  constructor(workflow: string) {
    super(`workflow ${workflow} runs a script of yours, and none was given`, {
      remedy: 'give one: --script FILE',
    })
    this.workflow = workflow
  }
}

/** There is no image to bring the machine back to. */
export class NeverDeployedError extends CodedError {
  readonly code = 'ERR_NEVER_DEPLOYED'
  readonly machineName: string

  constructor(machineName: string) {
    super(`${machineName} has not been deployed so far: there is nothing to rebuild`, {
      remedy: `repave machine deploy ${machineName} --image NAME`,
    })
    this.machineName = machineName
  }
}

/** Hooks are called by name only; what stands behind a name is the daemon's configuration. */
export class HookNotFoundError extends CodedError {
  readonly code = 'ERR_HOOK_NOT_FOUND'
  readonly hook: string

  constructor(workflow: string, hook: string) {
    super(`workflow ${workflow} calls the hook ${hook}, and the daemon has none of that name`, {
      remedy: `add it under hooks: in repave.yaml`,
    })
    this.hook = hook
  }
}

/** The run was to be bound to what lies on its disk, and nobody has read it yet. Nothing was ordered. */
export class ContentsUnknownError extends CodedError {
  readonly code = 'ERR_CONTENTS_UNKNOWN'

  constructor(machineName: string) {
    super(`what lies on the disk of ${machineName} is not known yet`, {
      remedy: `repave machine run discover ${machineName} reads it; then look at the plan again`,
    })
  }
}

/** Machine, workflow or image are not as they were when the plan was shown. Nothing was ordered. */
export class PlanChangedError extends CodedError {
  readonly code = 'ERR_PLAN_CHANGED'
  readonly machineName: string

  constructor(machineName: string) {
    super(`the plan for ${machineName} is another one by now`, {
      remedy: 'look at it again (--dry-run), then order the run by it',
    })
    this.machineName = machineName
  }
}
