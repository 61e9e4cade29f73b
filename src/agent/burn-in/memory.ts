import { setImmediate as nextTurn } from 'node:timers/promises'

import { MEBIBYTE } from '../../base/byte-size.ts'
import { BurnInFailedError } from './errors.ts'

const blockBytes = 16 * MEBIBYTE
/** Each finds cells that keep a neighbour's value, or that cannot hold a one or a zero. */
const patterns = [0x55, 0xaa, 0x00, 0xff]

export interface MemoryTotals {
  readonly testedBytes: number
  readonly passes: number
}

/**
 * Fills memory with patterns and reads each of them back, again and again.
 *
 * @param bytes how much; what the kernel says is available is the most that makes sense
 * @throws {BurnInFailedError} when a byte comes back differently
 */
export async function burnInMemory(
  bytes: number,
  milliseconds: number,
  signal: AbortSignal,
): Promise<MemoryTotals> {
  const count = Math.max(1, Math.floor(bytes / blockBytes))
  const blocks: Buffer[] = []
  const endMs = performance.now() + milliseconds
  let passes = 0
  do {
    for (const pattern of patterns) {
      const expected = Buffer.alloc(blockBytes, pattern)
      for (let index = 0; index < count; index++) {
        const block = (blocks[index] ??= Buffer.allocUnsafeSlow(blockBytes))
        block.fill(pattern)
        // Each block differs from its neighbours, so that one that answers for another is found.
        block.writeUInt32LE(index)
        await nextTurn()
        signal.throwIfAborted()
      }
      for (const [index, block] of blocks.entries()) {
        expected.writeUInt32LE(index)
        if (!block.equals(expected)) {
          throw new BurnInFailedError(
            `memory filled with 0x${pattern.toString(16)} read back differently`,
          )
        }
        await nextTurn()
        signal.throwIfAborted()
      }
    }
    passes++
  } while (performance.now() < endMs)
  return { testedBytes: count * blockBytes, passes }
}
