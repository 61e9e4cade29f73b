import { MEBIBYTE } from '../../base/byte-size.ts'
import { CodedError, messageOf } from '../../base/coded-error.ts'
import type { TaskOrder } from '../../contract/agent-frames.ts'
import { decodeGpt } from '../../protocol/gpt/decode-gpt.ts'
import { allocateOne } from '../block-writer/aligned-memory.ts'
import { TargetDisk } from '../block-writer/target-disk.ts'
import { writeOwnEntry } from '../linux/boot-disk-next.ts'
import { networkEntries, putFirst } from '../linux/boot-order.ts'
import { entryName } from '../linux/firmware-variables.ts'
import { loaderOf, variablesDirectory } from './boot-written-disk.ts'
import type { AgentWorld, TaskContext, TaskOutcome } from './task-context.ts'

type SetBootOrderOrder = Extract<TaskOrder, { action: 'set-boot-order' }>

/** Firmware cannot be told, or knows no way to start from there. Its order is as it was. */
export class BootOrderRefusedError extends CodedError {
  readonly code = 'ERR_BOOT_ORDER_REFUSED'

  constructor(reason: string) {
    super(`the boot order stays as it is: ${reason}`, {
      remedy: 'set it in the firmware of the machine, or let the task go on with onError: continue',
    })
  }
}

/**
 * Has UEFI firmware try the network, or the disk that was selected, before everything else.
 *
 * @throws {BootOrderRefusedError} also on BIOS machines; those of {@link TargetDisk.open}
 */
export async function runSetBootOrder(
  world: AgentWorld,
  order: SetBootOrderOrder,
  { log }: Pick<TaskContext, 'log'>,
): Promise<TaskOutcome> {
  const { files } = world
  if (!files.exists(variablesDirectory)) {
    throw new BootOrderRefusedError('BIOS firmware keeps its order to itself')
  }
  const directory = files.absolutePath(variablesDirectory)
  try {
    const first =
      order.first === 'network'
        ? await networkEntries(directory)
        : [await diskEntry(world, order, directory)]
    if (first.length === 0)
      throw new BootOrderRefusedError('firmware has no entry for a network card')
    const all = await putFirst(directory, first)
    log(`firmware tries ${all.map(entryName).join(' ')}`)
  } catch (error) {
    if (error instanceof CodedError) throw error
    throw new BootOrderRefusedError(messageOf(error))
  }
  return { facts: {} }
}

async function diskEntry(
  world: AgentWorld,
  { disk }: SetBootOrderOrder,
  directory: string,
): Promise<number> {
  if (disk === undefined) throw new BootOrderRefusedError('no disk was selected')
  await using target = await TargetDisk.open(disk, world)
  const start = allocateOne(MEBIBYTE)
  await target.read(start, 0)
  const gpt = decodeGpt(start, target.disk.logicalSectorBytes)
  const file = gpt.ok ? loaderOf(gpt.table, world.machineFacts.machine) : undefined
  if (file === undefined) throw new BootOrderRefusedError('the disk has no EFI system partition')
  return writeOwnEntry(file, directory)
}
