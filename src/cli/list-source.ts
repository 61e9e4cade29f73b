import type { DaemonConnection } from '../operator-client/daemon-request.ts'
import type { ShownList } from './output.ts'

/** Where a list comes from. */
export interface ListSource<Item, Options = unknown> {
  /** Events that may change it. */
  readonly topics: readonly string[]
  read(connection: DaemonConnection, options: Options): Promise<ShownList<Item>>
}
