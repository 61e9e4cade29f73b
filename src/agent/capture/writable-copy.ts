import { open, rm } from 'node:fs/promises'

import type { Disk } from '../../contract/machine.ts'
import type { GptPartition } from '../../protocol/gpt/gpt-table.ts'
import { runCaptureTool } from './run-capture-tool.ts'

/** A disk that can be changed while the disk it shows is not. */
export interface WritableCopy extends AsyncDisposable {
  readonly devicePath: string
  /** Of the copy, by partition number. */
  readonly partitionPaths: ReadonlyMap<number, string>
}

const copyName = 'repave-capture'
const changesPath = '/run/repave/capture-changes'
/** What cleaning a journal and taking out an identity may change; it lies in memory as it is used. */
const changesBytes = 512 * 1024 * 1024
/** Sectors that are copied at a time. */
const chunkSectors = 8

/**
 * Shows `disk` through the kernel's snapshot target (Linux, device-mapper/snapshot): reads come from
 * the disk, writes go to memory and are gone when the copy is disposed. The disk itself is only read.
 *
 * @throws {CaptureToolError} when the kernel cannot
 */
export async function openWritableCopy(
  disk: Disk,
  partitions: readonly GptPartition[],
): Promise<WritableCopy> {
  await using parts = new AsyncDisposableStack()
  for (const name of ['loop', 'dm-snapshot']) await runCaptureTool('modprobe', [name])
  const changes = await openChanges(parts)
  const sectors = disk.sizeBytes / 512
  const devicePath = await map(
    parts,
    copyName,
    `0 ${sectors} snapshot ${disk.path} ${changes} N ${chunkSectors}`,
  )
  const scale = disk.logicalSectorBytes / 512
  const partitionPaths = new Map<number, string>()
  for (const { number, firstLba, lastLba } of partitions) {
    const length = (lastLba - firstLba + 1) * scale
    const table = `0 ${length} linear ${devicePath} ${firstLba * scale}`
    partitionPaths.set(number, await map(parts, `${copyName}-${number}`, table))
  }
  const lifetime = parts.move()
  return { devicePath, partitionPaths, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}

/** A loop device over a sparse file in memory. */
async function openChanges(parts: AsyncDisposableStack): Promise<string> {
  const file = await open(changesPath, 'w')
  parts.defer(() => rm(changesPath))
  await file.truncate(changesBytes)
  await file.close()
  const device = (await runCaptureTool('losetup', ['-f'])).toString().trim()
  await runCaptureTool('losetup', [device, changesPath])
  parts.defer(() => detach(['losetup', '-d', device]))
  return device
}

async function map(parts: AsyncDisposableStack, name: string, table: string): Promise<string> {
  await runCaptureTool('dmsetup', ['create', name, '--table', table], { environment: withoutUdev })
  parts.defer(() => detach(['dmsetup', 'remove', '--retry', name]))
  return `/dev/mapper/${name}`
}

async function detach([program = '', ...args]: readonly string[]): Promise<void> {
  await runCaptureTool(program, args, { environment: withoutUdev })
}

/** Nobody but dmsetup makes device nodes in sledgehammer. */
const withoutUdev = { DM_DISABLE_UDEV: '1' }
