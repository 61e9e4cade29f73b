import type { ParamSource } from '../../src/daemon/domain/param/param-source.ts'

/** Content without any params and profiles. */
export const noParams: ParamSource = {
  param: () => undefined,
  params: () => [],
  profile: () => undefined,
  profiles: () => [],
}
