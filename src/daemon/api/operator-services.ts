import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Status } from '../../contract/api-documents.ts'
import type { EventLog } from '../domain/event/event-log.ts'
import type { ImageImporter, ImageStore } from '../domain/image/image-store.ts'
import type { ImportSources } from '../domain/image/import-source.ts'
import type { MachineDirectory } from '../domain/machine/machine-directory.ts'
import type { RunDesk } from '../domain/workflow/run-desk.ts'

/** Everything that an operator can reach. */
export interface OperatorServices {
  readonly machines: MachineDirectory
  readonly runs: RunDesk
  readonly images: ImageStore
  readonly importer: ImageImporter
  readonly importSources: ImportSources
  readonly events: EventLog
  readonly clock: Clock
  readonly logger: Logger
  readStatus(): Promise<Status>
}
