import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'

import type { LabPlan } from './lab-plan.ts'

/**
 * Starts a program inside the lab's namespace that outlives us, its output in `logFile`.
 *
 * @returns its process id (`ip netns exec` replaces itself with the program)
 * @throws when it cannot be started
 */
export async function startInNamespace(
  plan: LabPlan,
  command: readonly string[],
  logFile: string,
): Promise<number> {
  await using log = await open(logFile, 'a')
  const child = spawn('ip', ['netns', 'exec', plan.namespace, ...command], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  })
  await once(child, 'spawn')
  child.unref()
  return child.pid ?? 0
}

/** Whether a process with that id runs. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
