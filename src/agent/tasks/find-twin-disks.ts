import { allocateOne } from '../block-writer/aligned-memory.ts'
import { decodeChunk } from '../block-writer/decode-chunk.ts'
import { ChunkTable } from '../block-writer/lanes/chunk-table.ts'
import { PackSource } from '../block-writer/pack-source.ts'
import type { WritePlan } from '../block-writer/write-plan.ts'
import { ZstdDecoder } from '../block-writer/zstd-decoder.ts'
import type { Disk } from '../../contract/machine.ts'
import { decodeGpt } from '../../protocol/gpt/decode-gpt.ts'
import { readBlockDevices } from '../linux/block-devices.ts'
import { withContents } from '../linux/disk-contents.ts'
import type { AgentWorld, TaskContext } from './task-context.ts'

interface TwinSearch {
  readonly plan: WritePlan
  readonly packUrl: URL
  /** The disk that is written. */
  readonly chosen: Disk
}

/**
 * Other disks of the machine that carry the very partition table of the image. A system that finds its
 * root by an identifier may start from the wrong one of them, so a person has to know. The first chunk of
 * the image is fetched for it only where another disk has a table at all.
 */
export async function findTwinDisks(
  world: AgentWorld,
  { plan, packUrl, chosen }: TwinSearch,
  { log, signal }: Pick<TaskContext, 'log' | 'signal'>,
): Promise<Disk[]> {
  const others = readBlockDevices(world.files).disks.filter(({ name }) => name !== chosen.name)
  const tables = (await withContents(world.files, others)).filter((disk) => diskGuidOf(disk))
  if (tables.length === 0) return []
  using source = new PackSource(packUrl, {
    ...{ clock: world.clock, log, signal },
    onBytes: () => undefined,
    onReconnect: () => undefined,
  })
  const start = await firstChunk(plan, source)
  const table = start === undefined ? undefined : decodeGpt(start, plan.sectorBytes)
  if (table?.ok !== true) return []
  return tables.filter((disk) => diskGuidOf(disk) === table.table.diskGuid)
}

function diskGuidOf({ contents }: Disk): string | undefined {
  return contents === undefined || 'unreadable' in contents ? undefined : contents.diskGuid
}

/** Undefined where it holds nothing, or is not what the manifest says: then the write will say so. */
async function firstChunk(plan: WritePlan, source: PackSource): Promise<Buffer | undefined> {
  const chunk = ChunkTable.of(plan).chunk(0)
  if (chunk.kind === 'zero') return undefined
  const stored = Buffer.alloc(chunk.storedBytes)
  await source.read(stored, chunk.packOffset)
  using decoder = new ZstdDecoder()
  const raw = allocateOne(chunk.rawBytes)
  return decodeChunk(decoder, stored, chunk, raw) === undefined ? raw : undefined
}
