import { nearestWord } from '../../../base/nearest-word.ts'
import { type Machine, machineSchema } from '../../../contract/machine.ts'
import { SelectorInvalidError } from './errors.ts'
import { type FieldCondition, fitsAll, readSelector } from './read-selector.ts'

const machineFields = Object.keys(machineSchema.shape)

/**
 * The machines that a selector means.
 *
 * @throws {SelectorInvalidError} when it is none, or asks for a field that no machine has
 */
export function machineMatcher(selector: string): (machine: Machine) => boolean {
  const conditions = readSelector(selector)
  refuseUnknownFields(conditions, machineFields)
  return (machine) => fitsAll(conditions, machine)
}

/** A slip must not select everything, or nothing. @throws {SelectorInvalidError} */
export function refuseUnknownFields(
  conditions: readonly FieldCondition[],
  known: readonly string[],
): void {
  for (const { field } of conditions) {
    const [name = ''] = field.split('.')
    if (known.includes(name)) continue
    const nearest = nearestWord(name, known)
    throw new SelectorInvalidError(
      `there is no field ${name}`,
      nearest === undefined ? known.join(' ') : `did you mean ${nearest}?`,
    )
  }
}
