import { nearestWord } from '../../../base/nearest-word.ts'
import { pathText } from '../../../base/path-text.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { ParamValues } from '../../../contract/param.ts'
import { ParamInvalidError, ProfileNotFoundError } from './errors.ts'
import { type ParamFault, valueFaults } from './param-faults.ts'
import type { ParamSource } from './param-source.ts'

/** Everything wrong with `values`: params that nobody has described, and what does not fit. */
export function valuesFaults(values: ParamValues, source: ParamSource): readonly ParamFault[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const param = source.param(name)
    if (param === undefined) return [{ path: [name], message: unknownParam(name, source) }]
    return valueFaults(param, value).map(({ path, message }) => ({
      path: [name, ...path],
      message,
    }))
  })
}

export function unknownParam(name: string, source: ParamSource): string {
  const nearest = nearestWord(
    name,
    source.params().map((param) => param.name),
  )
  return nearest === undefined
    ? `no param is called "${name}": params/${name}/param.yaml would describe it`
    : `no param is called "${name}", did you mean "${nearest}"?`
}

/** @param where whose values they are: `machine node-1`. @throws {ParamInvalidError} with every fault */
export function requireValues(where: string, values: ParamValues, source: ParamSource): void {
  const faults = valuesFaults(values, source)
  if (faults.length > 0) {
    throw new ParamInvalidError(
      faults.map(({ path, message }) => `${where}: ${pathText(path)}: ${message}`),
    )
  }
}

/** @throws {ProfileNotFoundError} for the first that there is not */
export function requireProfiles(names: readonly string[], source: ParamSource): void {
  const missing = names.find((name) => source.profile(name) === undefined)
  if (missing === undefined) return
  throw new ProfileNotFoundError(
    missing,
    source.profiles().map(({ name }) => name),
  )
}

/** What other content has made wrong about a machine since it got its params and profiles. */
export function machineFaults(
  { name, params = {}, profiles = [] }: Pick<Machine, 'name' | 'params' | 'profiles'>,
  source: ParamSource,
): readonly string[] {
  const where = `machine ${name}`
  return [
    ...profiles
      .filter((profile) => source.profile(profile) === undefined)
      .map((profile) => `${where}: there is no profile called ${profile}`),
    ...valuesFaults(params, source).map(
      ({ path, message }) => `${where}: ${pathText(path)}: ${message}`,
    ),
  ]
}
