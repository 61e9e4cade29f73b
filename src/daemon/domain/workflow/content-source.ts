import type { BootEnv } from '../../../contract/bootenv.ts'
import type { Workflow } from '../../../contract/workflow.ts'
import type { CompiledRule } from '../machine/rules/compile-rule.ts'
import type { ParamSource } from '../param/param-source.ts'
import type { SeedRole } from '../seed/seed-role.ts'

/** The YAML folders, read and checked as a whole. */
export interface ContentSource extends ParamSource {
  workflow(name: string): Workflow | undefined
  workflows(): readonly Workflow[]
  seedRole(name: string): SeedRole | undefined
  seedNames(): readonly string[]
  bootEnv(name: string): BootEnv | undefined
  bootEnvs(): readonly BootEnv[]
  /** Those for newcomers, in the order in which they are tried. */
  rules(): readonly CompiledRule[]
}
