import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Flushes and restarts the machine. Where `reboot -f` does not work, the kernel is told directly
 * (linux/Documentation/admin-guide/sysrq.rst).
 *
 * @throws {Error} when neither works
 */
export function rebootMachine(): Promise<void> {
  return endBoot('reboot', 'b')
}

/** Flushes and switches the machine off. @throws {Error} when neither way works */
export function poweroffMachine(): Promise<void> {
  return endBoot('poweroff', 'o')
}

async function endBoot(command: 'reboot' | 'poweroff', key: 'b' | 'o'): Promise<void> {
  await run('sync')
  try {
    await run(command, ['-f'])
  } catch {
    await writeFile('/proc/sys/kernel/sysrq', '1')
    await writeFile('/proc/sysrq-trigger', key)
  }
}
