import type { BootEnv } from '../../../contract/bootenv.ts'
import type { Workflow } from '../../../contract/workflow.ts'

/** The YAML folders, read and checked as a whole. */
export interface ContentSource {
  workflow(name: string): Workflow | undefined
  bootEnv(name: string): BootEnv | undefined
}
