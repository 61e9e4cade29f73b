import { CodedError, messageOf } from '../../base/coded-error.ts'
import type { TaskOrder } from '../../contract/agent-frames.ts'
import type { Failure } from '../../contract/run.ts'
import type { AgentWorld, TaskContext, TaskOutcome } from './task-context.ts'

/** Each action is loaded when it is first ordered, so that the agent is up before it knows them. */
export async function runTask(
  world: AgentWorld,
  order: TaskOrder,
  context: TaskContext,
): Promise<TaskOutcome> {
  switch (order.action) {
    case 'inventory':
      return (await import('./inventory.ts')).runInventory(world)
    case 'select-disk':
      return (await import('./select-disk.ts')).runSelectDisk(world, order)
    case 'write-image':
      return (await import('./write-image.ts')).runWriteImage(world, order, context)
    case 'write-seed':
      return (await import('./write-seed.ts')).runWriteSeed(world, order, context)
    case 'reboot':
      break
  }
  return (await import('./reboot.ts')).runReboot(world, context)
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
