import type { Param, Profile } from '../../../contract/param.ts'

/** Params and profiles of the content in force. */
export interface ParamSource {
  param(name: string): Param | undefined
  params(): readonly Param[]
  profile(name: string): Profile | undefined
  profiles(): readonly Profile[]
}
