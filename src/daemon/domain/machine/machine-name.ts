import type { MacAddress } from '../../../base/mac-address.ts'
import type { EngineState } from '../workflow/engine-state.ts'

/** `m-525400aabb01`, until somebody names it; with some of its id where that is taken. */
export function nameOfAddress(
  address: MacAddress,
  id: string,
  state: Pick<EngineState, 'machineCalled'>,
): string {
  const name = `m-${address.replaceAll(':', '')}`
  return state.machineCalled(name) === undefined ? name : `${name}-${id.slice(0, 8)}`
}
