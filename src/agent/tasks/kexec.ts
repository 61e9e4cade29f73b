import { messageOf } from '../../base/coded-error.ts'
import type { TaskOrder } from '../../contract/agent-frames.ts'
import { runTool } from '../linux/run-tool.ts'
import { findInstalledKernel } from '../kexec/installed-kernel.ts'
import type { AgentWorld, TaskContext, TaskOutcome } from './task-context.ts'

type KexecOrder = Extract<TaskOrder, { action: 'kexec' }>

const workDirectory = '/run/repave'

/**
 * Loads the kernel of the system that was just written, and starts it when the daemon has the result:
 * firmware, which takes minutes on a server, is left out. Where that cannot be, the machine reboots.
 */
export async function runKexec(
  world: AgentWorld,
  order: KexecOrder,
  { log }: Pick<TaskContext, 'log'>,
): Promise<TaskOutcome> {
  const reason = await load(world, order)
  if (reason !== undefined) {
    log(`rebooting through firmware: ${reason}`)
    return { facts: {}, afterAcknowledged: world.reboot }
  }
  log('starting the installed kernel as soon as the daemon has acknowledged this')
  const start = async () => {
    await runTool('sync', [])
    // Replaces the running system; whatever comes back from it has failed.
    await runTool('kexec', ['-e']).catch((error: unknown) => log(messageOf(error)))
    await world.reboot()
  }
  return { facts: {}, afterAcknowledged: start }
}

/** Why nothing could be loaded; undefined where it was. */
async function load(world: AgentWorld, { disk }: KexecOrder): Promise<string | undefined> {
  try {
    const found = await findInstalledKernel(disk, world, workDirectory)
    if (found === undefined) return 'no boot loader whose configuration can simply be read'
    const { kernelFile, initramfsFile, kernelArguments } = found
    const options = [`--initrd=${initramfsFile}`, `--command-line=${kernelArguments}`]
    await runTool('kexec', ['-a', '-l', kernelFile, ...options])
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
