import { CodedError, messageOf } from '../../base/coded-error.ts'
import type { TaskOrder } from '../../contract/agent-frames.ts'
import type { Failure } from '../../contract/run.ts'
import { runCaptureImage } from './capture-image.ts'
import { runInventory } from './inventory.ts'
import { runReboot } from './reboot.ts'
import { runSelectDisk } from './select-disk.ts'
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
    case 'write-image':
      return runWriteImage(world, order, context)
    case 'write-seed':
      return runWriteSeed(world, order, context)
    case 'capture-image':
      return runCaptureImage(world, order, context)
    case 'reboot':
      return runReboot(world, context)
    case 'burn-in':
    case 'poweroff':
    case 'script':
    case 'set-boot-order':
    case 'verify-image':
    case 'wipe-disk':
      break
  }
  throw new Error(`this agent does not know how to do ${order.action}`)
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
