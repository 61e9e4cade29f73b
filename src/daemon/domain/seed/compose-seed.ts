import { CodedError } from '../../../base/coded-error.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { FrozenParams } from '../../../contract/param.ts'
import type { Failure, Run } from '../../../contract/run.ts'
import { type SeedDatasource, seedLabels } from '../../../contract/seed.ts'
import type { StoredImage } from '../image/image-store.ts'
import { paramsWithin } from '../param/resolve-params.ts'
import type { TemplateFacts } from '../template/template.ts'
import { currentTask } from '../workflow/run-step.ts'
import type { CloudConfigReader } from './cloud-config.ts'
import { configDriveFiles } from './config-drive-files.ts'
import type { FirstBoot } from './first-boot.ts'
import { nocloudFiles } from './nocloud-files.ts'
import { plainRole, type SecretFiles, type SeedRole } from './seed-role.ts'
import type { SystemScript } from './system-scripts.ts'

export interface SeedSources {
  seedRole(name: string): SeedRole | undefined
  readonly secretFiles: SecretFiles
  readonly cloudConfig: CloudConfigReader
}

export interface SeedSubject {
  readonly run: Run
  readonly machine: Machine
  readonly image: StoredImage
  readonly phoneHomeUrl: string
  /** Of the workflow's stages; run before the system calls home. Default none. */
  readonly scripts?: readonly SystemScript[]
}

export type ComposedSeed =
  | {
      readonly ok: true
      readonly label: (typeof seedLabels)[SeedDatasource]
      /** By path on the volume. */
      readonly files: Record<string, string>
    }
  | { readonly ok: false; readonly failure: Failure }

/** Everything that this machine's volume will hold; secrets are read only here. */
export async function composeSeed(
  subject: SeedSubject,
  sources: SeedSources,
): Promise<ComposedSeed> {
  const { params } = subject.run
  const role = params.seed === undefined ? undefined : sources.seedRole(params.seed)
  if (params.seed !== undefined && role === undefined) {
    return refuse('ERR_SEED_NOT_FOUND', `there is no seed called ${params.seed} any more`)
  }
  const userConfig = readUserConfig(subject.run, sources.cloudConfig)
  if (!userConfig.ok) return refuse('ERR_USER_DATA_INVALID', userConfig.reason)
  const secrets = await readSecrets(role, sources.secretFiles)
  if (!secrets.ok) return refuse('ERR_SEED_SECRET_MISSING', secrets.reason)
  const rendering = role?.render(factsOf(subject, role, secrets.values))
  if (rendering?.ok === false) return refuse('ERR_SEED_NOT_RENDERED', rendering.reason)
  const { scripts = [] } = subject
  if (scripts.length > 0 && rendering?.ok === true && rendering.role.userScript !== undefined) {
    return refuse('ERR_SYSTEM_SCRIPT_REFUSED', `seed ${params.seed} is a script: it runs no others`)
  }
  const firstBoot = firstBootOf(subject, userConfig.config, rendering?.role)
  const datasource = role?.datasource ?? 'nocloud'
  const files = datasource === 'nocloud' ? nocloudFiles(firstBoot) : configDriveFiles(firstBoot)
  return { ok: true, label: seedLabels[datasource], files }
}

/**
 * Why a deployment with these parameters could not get its seed; undefined when it can.
 *
 * @param ofMachine words that params of the machine have a value for
 */
export function seedParamsFault(
  role: SeedRole,
  given: Readonly<Record<string, unknown>>,
  ofMachine: Readonly<Record<string, unknown>> = {},
) {
  const known = [...role.paramDefaults.keys()]
  const unknown = Object.keys(given).find((word) => !role.paramDefaults.has(word))
  if (unknown !== undefined) {
    return `seed ${role.name} has no parameter ${unknown}; it has ${known.join(', ') || 'none'}`
  }
  const missing = known.find(
    (word) =>
      role.paramDefaults.get(word) === undefined &&
      given[word] === undefined &&
      ofMachine[word] === undefined,
  )
  return missing === undefined ? undefined : `seed ${role.name} needs the parameter ${missing}`
}

function firstBootOf(
  { run, machine, phoneHomeUrl, scripts = [] }: SeedSubject,
  userConfig: FirstBoot['userConfig'],
  role = plainRole,
): FirstBoot {
  const { hostname = machine.name, sshAuthorizedKeys = [] } = run.params
  const [macAddress] = machine.macAddresses
  if (macAddress === undefined) throw new TypeError(`${machine.name} has no MAC address`)
  return {
    ...{ instanceId: run.id, hostname, macAddress, sshAuthorizedKeys },
    ...{ userConfig, role, phoneHomeUrl, scripts },
  }
}

function factsOf(
  { run, machine, image, phoneHomeUrl }: SeedSubject,
  role: SeedRole,
  secrets: TemplateFacts,
): TemplateFacts {
  const { paramDefaults } = role
  const ofMachine = wordsOfMachine(role, run.frozenParams, currentTask(run)?.stage)
  const defaults = [...paramDefaults].map(([word, value = '']) => [word, value])
  const { serialNumber = '', manufacturer = '', productName = '' } = machine.inventory?.system ?? {}
  const { hostname = machine.name, sshAuthorizedKeys = [], seedParams = {} } = run.params
  return {
    machine: {
      ...{ name: machine.name, id: machine.id, macAddress: machine.macAddresses[0] ?? '' },
      ...{ serialNumber, manufacturer, productName },
    },
    ...{ hostname, sshAuthorizedKeys, phoneHomeUrl, secrets },
    image: { name: image.image.name, version: image.image.version },
    run: { id: run.id },
    params: { ...(Object.fromEntries(defaults) as TemplateFacts), ...ofMachine, ...seedParams },
  }
}

function readUserConfig({ params: { userData } }: Run, reader: CloudConfigReader) {
  return userData === undefined
    ? ({ ok: true, config: {} } as const)
    : reader.readCloudConfig(userData)
}

/** The words of a role that params of the machine have a value for. */
export function wordsOfMachine(
  { machineParams }: Pick<SeedRole, 'machineParams'>,
  frozen: FrozenParams | undefined,
  stage: string | undefined,
): TemplateFacts {
  if (frozen === undefined) return {}
  const params = new Map(paramsWithin(frozen, stage).map(({ name, value }) => [name, value]))
  const words = [...machineParams].filter(([, param]) => params.has(param))
  return Object.fromEntries(
    words.map(([word, param]) => [word, params.get(param)]),
  ) as TemplateFacts
}

/** The secrets of a role by word, or why they cannot be had. */
export async function readSecrets(
  role: Pick<SeedRole, 'secretFiles'> | undefined,
  files: SecretFiles,
): Promise<{ ok: true; values: TemplateFacts } | { ok: false; reason: string }> {
  const values: Record<string, string> = {}
  try {
    for (const [word, file] of role?.secretFiles ?? []) {
      const secret = await files.read(file)
      if (secret === undefined) return { ok: false, reason: `there is no secret called ${file}` }
      values[word] = secret
    }
  } catch (thrown) {
    if (thrown instanceof CodedError) return { ok: false, reason: thrown.message }
    throw thrown
  }
  return { ok: true, values }
}

function refuse(code: string, message: string): ComposedSeed {
  return { ok: false, failure: { code, message, retryable: false } }
}
