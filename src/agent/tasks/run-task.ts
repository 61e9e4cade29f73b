import { CodedError, messageOf } from '../../base/coded-error.ts'
import type { TaskOrder } from '../../contract/agent-frames.ts'
import type { Failure } from '../../contract/run.ts'
import { runCaptureImage } from './capture-image.ts'
import { runBurnIn } from './burn-in.ts'
import { runInventory } from './inventory.ts'
import { runKexec } from './kexec.ts'
import { runPoweroff } from './poweroff.ts'
import { runReboot } from './reboot.ts'
import { runScript } from './script.ts'
import { runSelectDisk } from './select-disk.ts'
import { runSelectDisks } from './select-disks.ts'
import { runSetBootOrder } from './set-boot-order.ts'
import { runVerifyImage } from './verify-image.ts'
import { runWipeDisk } from './wipe-disk.ts'
import { runWriteImage } from './write-image.ts'
import { runWriteSeed } from './write-seed.ts'
import type { AgentWorld, TaskContext, TaskOutcome } from './task-context.ts'

/** @throws whatever the action throws: {@link failureOf} puts it into words */
export async function runTask(
  world: AgentWorld,
  order: TaskOrder,
  context: TaskContext,
): Promise<TaskOutcome> {
  switch (order.action) {
    case 'inventory':
      return runInventory(world)
    case 'select-disk':
      return runSelectDisk(world, order, context)
    case 'select-disks':
      return runSelectDisks(world, order, context)
    case 'write-image':
      return runWriteImage(world, order, context)
    case 'write-seed':
      return runWriteSeed(world, order, context)
    case 'capture-image':
      return runCaptureImage(world, order, context)
    case 'verify-image':
      return runVerifyImage(world, order, context)
    case 'wipe-disk':
      return runWipeDisk(world, order, context)
    case 'burn-in':
      return runBurnIn(world, order, context)
    case 'script':
      return runScript(world, order, context)
    case 'set-boot-order':
      return runSetBootOrder(world, order, context)
    case 'kexec':
      return runKexec(world, order, context)
    case 'poweroff':
      return runPoweroff(world, context)
    case 'reboot':
      break
  }
  return runReboot(world, context)
}

/** Whatever was thrown, in the daemon's words. An error without a code is one that nobody foresaw. */
export function failureOf(error: unknown): Failure {
  const message = messageOf(error)
  if (!(error instanceof CodedError)) {
    return { code: 'ERR_AGENT_UNEXPECTED', message: message.slice(0, 2000), retryable: false }
  }
  const advice = error.remedy === '' ? '' : ` (${error.remedy})`
  return {
    code: error.code,
    message: `${message}${advice}`.slice(0, 2000),
    retryable: error.shouldRetry(),
  }
}
