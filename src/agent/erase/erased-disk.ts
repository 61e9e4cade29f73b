import { MEBIBYTE } from '../../base/byte-size.ts'
import type { Disk } from '../../contract/machine.ts'
import type { EraseWay, WipedDisk, WipeReport } from '../../contract/run.ts'
import { allocateOne } from '../block-writer/aligned-memory.ts'
import { DiskIoError } from '../block-writer/errors.ts'
import { TargetDisk, type TargetDiskOptions } from '../block-writer/target-disk.ts'
import type { ByteRange } from '../block-writer/write-plan.ts'
import { mergeRanges } from '../capture/byte-ranges.ts'
import { eraseByDrive } from './drive-erase.ts'
import { telltaleRanges } from './telltale-ranges.ts'

const stepBytes = 4 * MEBIBYTE

/** Told how many bytes a phase has dealt with; throws to stop it. */
export type EraseWatch = (doneBytes: number) => void

/**
 * One disk on its way to being empty: the drive does what it can, `clear` overwrites what is left, `prove`
 * reads. The first byte goes first, so that one that is interrupted does not boot.
 */
export class ErasedDisk implements AsyncDisposable {
  readonly #target: TargetDisk
  readonly #way: EraseWay
  readonly #ranges: readonly ByteRange[]
  readonly #zeros = allocateOne(stepBytes)
  readonly #found = allocateOne(stepBytes)
  #written: readonly ByteRange[] = []
  #bytesProven = 0

  private constructor(target: TargetDisk, way: EraseWay, ranges: readonly ByteRange[]) {
    this.#target = target
    this.#way = way
    this.#ranges = ranges
  }

  /** @throws {DriveEraseError} and those of {@link TargetDisk.open}, before anything is lost */
  static async begin(
    chosen: Disk,
    method: WipeReport['method'],
    options: TargetDiskOptions & { readonly log: (line: string) => void },
  ): Promise<ErasedDisk> {
    const first = await TargetDisk.open(chosen, options)
    // A drive refuses to be erased while somebody holds it.
    await first[Symbol.asyncDispose]()
    const byDrive = await eraseByDrive(method, first.disk, options.files, options.log)
    const { contents: _lost, ...identity } = chosen
    const target = await TargetDisk.open(byDrive === undefined ? chosen : identity, options)
    const whole = [{ offset: 0, length: target.disk.sizeBytes }]
    const isPart = method === 'signatures'
    const ranges = isPart ? await telltaleRanges(target) : whole
    return new ErasedDisk(target, byDrive ?? (isPart ? 'signatures' : 'zero'), ranges)
  }

  get disk(): Disk {
    return this.#target.disk
  }

  /** What {@link clear} goes over. */
  get bytesToClear(): number {
    return totalOf(this.#ranges)
  }

  /** What {@link prove} still has to read. */
  get bytesToProve(): number {
    return totalOf(this.#written)
  }

  /** Overwrites; what the drive has erased only where it does not read as zero. @throws {DiskIoError} */
  async clear(watch: EraseWatch): Promise<void> {
    const isErased = this.#way !== 'zero' && this.#way !== 'signatures'
    const written: ByteRange[] = []
    for (const step of this.#ranges.flatMap(cutIntoSteps)) {
      if (isErased && (await this.#readsAsZero(step))) this.#bytesProven += step.length
      else {
        await this.#target.write(this.#zeros.subarray(0, step.length), step.offset)
        written.push(step)
      }
      watch(step.length)
    }
    await this.#target.flush()
    this.#written = mergeRanges(written)
  }

  /** Reads what was overwritten. @throws {DiskIoError} where it is not zero */
  async prove(watch: EraseWatch): Promise<void> {
    for (const step of this.#written.flatMap(cutIntoSteps)) {
      if (!(await this.#readsAsZero(step))) {
        const reason = 'it reads back differently than it was written'
        throw new DiskIoError('read', step.offset, reason)
      }
      this.#bytesProven += step.length
      watch(step.length)
    }
  }

  report(): WipedDisk {
    const { path, serial, wwn, sizeBytes } = this.#target.disk
    return {
      ...{ path, sizeBytes, way: this.#way },
      ...(serial === undefined ? {} : { serial }),
      ...(wwn === undefined ? {} : { wwn }),
      bytesWritten: totalOf(this.#written),
      bytesReadBack: this.#bytesProven,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#target[Symbol.asyncDispose]()
  }

  async #readsAsZero({ offset, length }: ByteRange): Promise<boolean> {
    const found = this.#found.subarray(0, length)
    await this.#target.read(found, offset)
    return found.equals(this.#zeros.subarray(0, length))
  }
}

function totalOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { length }) => sum + length, 0)
}

function cutIntoSteps({ offset, length }: ByteRange): ByteRange[] {
  const count = Math.ceil(length / stepBytes)
  return Array.from({ length: count }, (_, index) => ({
    offset: offset + index * stepBytes,
    length: Math.min(stepBytes, length - index * stepBytes),
  }))
}
