import { join } from 'node:path'

import {
  type ContentFile,
  type ContentPlan,
  contentPlanSchema,
} from '../contract/content-documents.ts'
import { faultText } from '../contract/fault-text.ts'
import { askDaemon, type DaemonConnection } from '../operator-client/daemon-request.ts'
import { DaemonProblemError } from '../operator-client/errors.ts'
import { changeLines, planSummary } from '../presentation/content-lines.ts'
import { writeLines } from './cli-world.ts'
import type { CommandLine, CommonOptions } from './command-line.ts'
import { readContentFolder } from './content-folder.ts'
import { printThing } from './output.ts'

interface FolderInForce {
  readonly folder: string
  readonly files: readonly ContentFile[]
  readonly revision: number
}

/** Large folders take the daemon a while. */
const silenceMs = 120_000

/** The documents of a folder; what looks like a slip of the pen is told. @throws {FileUnusableError} */
export async function readFolder(
  line: CommandLine,
  folder: string,
): Promise<readonly ContentFile[]> {
  const { files, doubts } = await readContentFolder(folder)
  writeLines(line.world.stderr, doubts)
  return files
}

/** What the daemon would change if these files were applied. */
export function askForPlan(
  connection: DaemonConnection,
  files: readonly ContentFile[],
): Promise<ContentPlan> {
  const request = { method: 'POST', path: '/content/plan', body: { files }, silenceMs } as const
  return askDaemon(connection, request, contentPlanSchema)
}

/**
 * Puts the files of a folder in force, unless others were since `revision`. Undefined where they are refused:
 * what is wrong with them was said.
 */
export async function applyContent(
  line: CommandLine,
  connection: DaemonConnection,
  { folder, files, revision }: FolderInForce,
): Promise<ContentPlan | undefined> {
  const body = { files }
  const request = { method: 'POST', path: '/content', body, revision, silenceMs } as const
  try {
    return await askDaemon(connection, request, contentPlanSchema)
  } catch (thrown) {
    if (thrown instanceof DaemonProblemError && refused(line, folder, thrown.faults)) {
      return undefined
    }
    throw thrown
  }
}

/** Says what is wrong, where anything is. Files of the folder are called as the person calls them. */
export function refused(line: CommandLine, folder: string, faults: ContentPlan['faults']): boolean {
  if (faults.length === 0) return false
  const shown = faults.map((fault) =>
    faultText({
      ...fault,
      file: fault.file.startsWith('/') ? fault.file : join(folder, fault.file),
    }),
  )
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`
  writeLines(line.world.stderr, [...shown, `${count}; what was in force stays`])
  return true
}

/** Prints what changes, key by key, and the sum of it. */
export async function printPlan(
  line: CommandLine,
  { output }: CommonOptions,
  plan: ContentPlan,
): Promise<void> {
  await printThing(line.world, output, {
    ...{ kind: 'ContentPlan', value: plan, name: String(plan.revision) },
    lines: planText(plan),
  })
}

/** A plan for people. */
export function planText(plan: ContentPlan): string[] {
  return [...changeLines(plan.changes), ...planSummary(plan)]
}
