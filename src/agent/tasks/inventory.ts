import { DiskUnreadableError } from '../linux/block-devices.ts'
import { withContents } from '../linux/disk-contents.ts'
import { takeInventory } from '../linux/inventory.ts'
import type { AgentWorld, TaskOutcome } from './task-context.ts'

/** @throws {DiskUnreadableError} when the facts of a disk cannot be read */
export async function runInventory(world: AgentWorld): Promise<TaskOutcome> {
  const { inventory, unreadableDisks } = takeInventory(world.files, world.machineFacts)
  if (unreadableDisks.length > 0) throw new DiskUnreadableError(unreadableDisks)
  const disks = await withContents(world.files, inventory.disks)
  return { facts: { inventory: { ...inventory, disks } } }
}
