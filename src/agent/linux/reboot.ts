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
export async function rebootMachine(): Promise<void> {
  await run('sync')
  try {
    await run('reboot', ['-f'])
  } catch {
    await writeFile('/proc/sys/kernel/sysrq', '1')
    await writeFile('/proc/sysrq-trigger', 'b')
  }
}
