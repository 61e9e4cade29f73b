import { constants } from 'node:fs'
import { type FileHandle, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { Lease, LeaseStore } from '../../domain/lease/lease-store.ts'
import { StoreClosedError, StoreFullError } from '../sqlite/errors.ts'
import { LeaseLogDamagedError } from './errors.ts'
import { encodeLeaseBatch, type LeaseChange, readLeaseLog } from './lease-batch.ts'

/** Changes that share one write and one fsync, and what becomes of them. */
interface Batch {
  readonly changes: LeaseChange[]
  readonly outcome: PromiseWithResolvers<void>
}

/** The log is written anew when it is longer than this and four times what it holds. */
const compactAboveBytes = 8 * 1024 * 1024
const roughRecordBytes = 20

/** A write returns when it is on the disk, open(2): one trip to another thread instead of two. */
const { O_CREAT, O_DSYNC, O_RDWR, O_TRUNC } = constants

/**
 * Leases in a file that is only ever appended to. Every change of one turn of the event loop, and every
 * one that comes while the disk is busy with those, shares one synchronous write, which waits in a
 * thread of its own: a slow disk delays the answers that need it and nothing else.
 */
export class LeaseLog implements LeaseStore, AsyncDisposable {
  readonly #path: string
  readonly #leases: Map<Ipv4Address, Lease>
  readonly #closed = Promise.withResolvers<void>()
  #file: FileHandle
  #soundBytes: number
  #next: Batch | undefined
  #writing: Promise<void> | undefined
  #ended: StoreClosedError | undefined

  constructor(path: string, file: FileHandle, leases: Map<Ipv4Address, Lease>, soundBytes: number) {
    this.#path = path
    this.#file = file
    this.#leases = leases
    this.#soundBytes = soundBytes
    this.#closed.promise.catch(() => undefined)
  }

  /** Resolves after disposal; rejects when the disk failed and nothing more can be stored. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  async readLeases(): Promise<readonly Lease[]> {
    return [...this.#leases.values()]
  }

  writeLease(lease: Lease): Promise<void> {
    return this.#append(lease)
  }

  deleteLease(address: Ipv4Address): Promise<void> {
    return this.#append({ address, state: 'deleted' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing
    if (this.#ended !== undefined) return
    this.#ended = new StoreClosedError('it was closed')
    await this.#file.close()
    this.#closed.resolve()
  }

  #append(change: LeaseChange): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    this.#next ??= { changes: [], outcome: Promise.withResolvers() }
    this.#next.changes.push(change)
    const { promise } = this.#next.outcome
    this.#writing ??= this.#writeAll()
    return promise
  }

  /** Writes batch after batch until there is none. Never rejects. */
  async #writeAll(): Promise<void> {
    // The rest of this turn of the event loop shares the first one.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#next !== undefined) {
      const batch = this.#next
      this.#next = undefined
      try {
        await this.#write(batch.changes)
        batch.outcome.resolve()
        await this.#compactWhenLong()
      } catch (error) {
        batch.outcome.reject(await this.#failed(error))
      }
    }
    this.#writing = undefined
  }

  async #write(changes: readonly LeaseChange[]): Promise<void> {
    const bytes = encodeLeaseBatch(changes)
    await writeWhole(this.#file, bytes, this.#soundBytes)
    this.#soundBytes += bytes.length
    for (const change of changes) {
      this.#leases.delete(change.address)
      if (change.state !== 'deleted') this.#leases.set(change.address, change)
    }
  }

  /** A full disk may have room later; whatever else happened, what is on the disk is uncertain. */
  async #failed(thrown: unknown): Promise<StoreFullError | StoreClosedError> {
    if (this.#ended !== undefined) return this.#ended
    if (isFull(thrown)) {
      const isUndone = await this.#file.truncate(this.#soundBytes).then(
        () => true,
        () => false,
      )
      if (isUndone) return new StoreFullError(thrown)
    }
    const ended = new StoreClosedError('a lease could not be written', thrown)
    this.#ended = ended
    this.#next?.outcome.reject(ended)
    this.#next = undefined
    await this.#file.close().catch(() => undefined)
    this.#closed.reject(ended)
    return ended
  }

  async #compactWhenLong(): Promise<void> {
    if (!isLong(this.#soundBytes, this.#leases.size)) return
    try {
      const compacted = await writeAnew(this.#path, this.#leases)
      await this.#file.close()
      this.#file = compacted.file
      this.#soundBytes = compacted.sizeBytes
    } catch (error) {
      // No room for a second file: the long one serves on.
      if (!isFull(error)) throw error
    }
  }
}

/**
 * Opens the log at `path` for this process alone, and creates it where there is none; whoever calls has
 * made sure of that. A torn end, of which nobody was told, is cut off.
 *
 * @throws {LeaseLogDamagedError} when there is more than that wrong; the file stays as it was
 */
export async function openLeaseLog(path: string): Promise<LeaseLog> {
  const file = await open(path, O_RDWR | O_CREAT | O_DSYNC, 0o600)
  try {
    const bytes = await file.readFile()
    const { leases, isDamaged, soundBytes } = readLeaseLog(bytes)
    if (isDamaged) throw new LeaseLogDamagedError(path)
    if (bytes.length > 0 && bytes.length === soundBytes && !isLong(soundBytes, leases.size)) {
      return new LeaseLog(path, file, leases, soundBytes)
    }
    const fresh = await writeAnew(path, leases)
    await file.close()
    return new LeaseLog(path, fresh.file, leases, fresh.sizeBytes)
  } catch (error) {
    await file.close()
    throw error
  }
}

function isLong(sizeBytes: number, leaseCount: number): boolean {
  return sizeBytes > Math.max(compactAboveBytes, 4 * leaseCount * roughRecordBytes)
}

/** Puts a file with nothing but these leases in place of the log, whole or not at all. */
async function writeAnew(
  path: string,
  leases: ReadonlyMap<Ipv4Address, Lease>,
): Promise<{ readonly file: FileHandle; readonly sizeBytes: number }> {
  const draft = `${path}.new`
  const file = await open(draft, O_RDWR | O_CREAT | O_TRUNC | O_DSYNC, 0o600)
  try {
    const bytes = leases.size === 0 ? new Uint8Array(0) : encodeLeaseBatch([...leases.values()])
    await writeWhole(file, bytes, 0)
    await file.sync()
    await rename(draft, path)
    await syncDirectory(dirname(path))
    return { file, sizeBytes: bytes.length }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(
      bytes,
      written,
      bytes.length - written,
      position + written,
    )
    written += bytesWritten
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function isFull(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return code === 'ENOSPC' || code === 'EDQUOT'
}
