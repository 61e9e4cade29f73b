import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { HeldBytes, HeldFile } from '../../domain/image/image-store.ts'

/** One file that firmware, iPXE or an agent may fetch; held open or in memory until the transfer ends. */
export interface BootFile {
  readonly sizeBytes: number
  readonly contentType: string
  /** Strong, quoted, the same across restarts; absent for what is made anew each time (scripts). */
  readonly etag?: string
  readonly modifiedAtMs?: number
  /** `immutable` for what is named by its digest. */
  readonly cacheControl?: string
  /**
   * Exactly `length` bytes from `offset`. They may lie in `into`, which has room for them and belongs
   * to the file until the promise settles; then they are valid as long as the caller leaves it alone.
   *
   * @throws when the file has become shorter
   */
  read(offset: number, length: number, into?: Uint8Array): Promise<Uint8Array>
  /**
   * Bytes from `offset` on that lie in memory which many transfers share, to be sent without a copy and
   * then released; undefined where they are to be `read`.
   */
  hold?(offset: number): Promise<HeldBytes | undefined>
  /** The same for the kernel to send, where the bytes lie in a file; undefined where `hold` is the way. */
  holdFile?(offset: number): Promise<HeldFile | undefined>
  /** Called once, however the transfer ended. */
  close(): Promise<void>
}

export interface BootFileRequest {
  /**
   * Without leading slash and without a leading `boot/`, `\` already `/`, printable ASCII, never
   * containing `..`, empty or `.` segments.
   */
  readonly path: string
  readonly query: ReadonlyMap<string, string>
  readonly clientAddress: Ipv4Address
  readonly transport: 'tftp' | 'http'
  /** HEAD and TFTP size probes: nothing may change because of this request. */
  readonly probe: boolean
}

/** One link of the chain that answers TFTP and HTTP alike; undefined hands on to the next. */
export type BootFileRoute = (request: BootFileRequest) => Promise<BootFile | undefined>
