import type { AgentWorld, TaskContext, TaskOutcome } from './task-context.ts'

/** Succeeds at once; the machine is switched off when the daemon has the result. */
export function runPoweroff(world: AgentWorld, context: TaskContext): TaskOutcome {
  context.log('switching off as soon as the daemon has acknowledged this')
  return { facts: {}, afterAcknowledged: world.poweroff }
}
