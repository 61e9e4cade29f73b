import { setTimeout as delay } from 'node:timers/promises'

import type { KernelFiles } from './kernel-files.ts'

/** Written by init when it has found a driver for everything that it saw. */
const markerPath = '/run/repave/hardware-settled'
const lookEveryMs = 50

/**
 * Resolves when init has loaded its drivers, so that no disk is missing from the first inventory; a
 * driver that hangs does not keep the machine from joining.
 *
 * @param patienceMs default 15 s
 * @returns whether init said so
 */
export async function hardwareSettled(files: KernelFiles, patienceMs = 15_000): Promise<boolean> {
  const deadlineMs = performance.now() + patienceMs
  while (!files.exists(markerPath)) {
    if (performance.now() > deadlineMs) return false
    await delay(lookEveryMs)
  }
  return true
}
