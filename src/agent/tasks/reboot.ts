import type { AgentWorld, TaskContext, TaskOutcome } from './task-context.ts'

/** Succeeds at once; the machine goes down when the daemon has the result. */
export function runReboot(world: AgentWorld, context: TaskContext): TaskOutcome {
  context.log('rebooting as soon as the daemon has acknowledged this')
  return { facts: {}, afterAcknowledged: world.reboot }
}
