import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { CodedError } from '../base/coded-error.ts'
import { askDaemon } from './ask-daemon.ts'
import type { LabPlan } from './lab-plan.ts'
import { isRunning, startInNamespace } from './lab-process.ts'
import { repaveProgram } from './repave-program.ts'

/** The daemon of the lab ended, or did not answer in time. */
export class LabDaemonError extends CodedError {
  readonly code = 'ERR_LAB_DAEMON'
  readonly logFile: string

  constructor(message: string, logFile: string, lastWords: string) {
    super(`${message}\n${lastWords}`, { remedy: `read ${logFile}` })
    this.logFile = logFile
  }
}

export const daemonLog = (plan: LabPlan) => join(plan.directory, 'daemon.log')

/** Forgets machines and runs, keeps images, keys and sledgehammer: they are what takes long to make. */
export async function forgetMachines(plan: LabPlan): Promise<void> {
  await mkdir(plan.daemonDirectory, { recursive: true })
  await rm(daemonLog(plan), { force: true })
  for (const suffix of ['', '-wal', '-shm']) {
    await rm(join(plan.daemonDirectory, `repave.db${suffix}`), { force: true })
  }
}

/**
 * Starts `repave serve` on the lab's bridge and waits until it answers.
 *
 * @returns its process id
 * @throws {LabDaemonError} when it ends, or has not answered after `timeoutMs`
 */
export async function startDaemon(plan: LabPlan, timeoutMs = 60_000): Promise<number> {
  const command = [
    ...[repaveProgram, 'serve'],
    ...['--interface', plan.bridge],
    // Nobody else is on this network: there is no need to look first.
    ...['--dhcp', 'server'],
    ...['--data-dir', plan.daemonDirectory],
    ...(plan.contentDirectories.length > 0 ? ['--content', plan.contentDirectories.join(',')] : []),
  ]
  const pid = await startInNamespace(plan, command, daemonLog(plan))
  const deadline = performance.now() + timeoutMs
  while (!(await answers(plan.socketPath))) {
    const lastWords = async () => (await readFile(daemonLog(plan), 'utf8')).slice(-2000)
    if (!isRunning(pid)) {
      throw new LabDaemonError('the daemon ended', daemonLog(plan), await lastWords())
    }
    if (performance.now() > deadline) {
      throw new LabDaemonError('the daemon does not answer', daemonLog(plan), await lastWords())
    }
    await sleep(100)
  }
  return pid
}

/** Whether a daemon answers on that unix socket. */
export async function answers(socketPath: string): Promise<boolean> {
  return (await askDaemon(socketPath, '/healthz'))?.status === 200
}
