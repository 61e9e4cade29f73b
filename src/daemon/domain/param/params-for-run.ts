import type { Machine } from '../../../contract/machine.ts'
import { type FrozenParams, secretReferenceSchema } from '../../../contract/param.ts'
import type { Workflow } from '../../../contract/workflow.ts'
import type { SecretFiles } from '../seed/seed-role.ts'
import { tasksOf } from '../workflow/plan-run.ts'
import { machineFaults, requireValues } from './check-values.ts'
import { ParamInvalidError, ParamSecretError } from './errors.ts'
import { secretFaults } from './param-faults.ts'
import type { ParamSource } from './param-source.ts'
import { freezeParams, type ParamSubject, paramsWithin } from './resolve-params.ts'

export interface ParamSources {
  readonly content: ParamSource
  readonly secretFiles: SecretFiles
}

type Asked = ParamSubject & {
  readonly machine: Pick<Machine, 'name' | 'params' | 'profiles'>
  readonly workflow: Workflow
}

/**
 * The params that a run goes by, looked at before it begins: every value fits, and every secret is there
 * that a script of it will want.
 *
 * @throws {ParamInvalidError} {@link ParamSecretError}
 */
export async function paramsForRun(asked: Asked, sources: ParamSources): Promise<FrozenParams> {
  const { machine, workflow, runValues = {} } = asked
  requireValues('this run', runValues, sources.content)
  const faults = machineFaults(machine, sources.content)
  if (faults.length > 0) throw new ParamInvalidError(faults)
  const frozen = freezeParams(asked, sources.content)
  for (const { stage, task } of tasksOf(workflow)) {
    if (task.action !== 'script') continue
    for (const name of task.secrets) await secretOf(name, frozen, stage, sources)
  }
  return frozen
}

/**
 * What a script is handed for a secret param.
 *
 * @throws {ParamSecretError} where it has no value, or its file is not there or does not fit
 */
export async function secretOf(
  name: string,
  frozen: FrozenParams,
  stage: string,
  { content, secretFiles }: ParamSources,
): Promise<string> {
  const found = paramsWithin(frozen, stage).find((param) => param.name === name)
  const reference = secretReferenceSchema.safeParse(found?.value)
  if (!reference.success) throw new ParamSecretError(name, 'nobody says what it is')
  const file = reference.data.secret
  const secret = await secretFiles.read(file)
  if (secret === undefined) throw new ParamSecretError(name, `there is no secret called ${file}`)
  const param = content.param(name)
  const [fault] = param === undefined ? [] : secretFaults(param, secret)
  if (fault !== undefined) throw new ParamSecretError(name, `what ${file} holds ${fault.message}`)
  return secret
}
