import { DiskUnreadableError } from '../linux/block-devices.ts'
import { takeInventory } from '../linux/inventory.ts'
import type { AgentWorld, TaskOutcome } from './task-context.ts'

/** @throws {DiskUnreadableError} when the facts of a disk cannot be read */
export function runInventory(world: AgentWorld): TaskOutcome {
  const { inventory, unreadableDisks } = takeInventory(world.files, world.machineFacts)
  if (unreadableDisks.length > 0) throw new DiskUnreadableError(unreadableDisks)
  return { facts: { inventory } }
}
