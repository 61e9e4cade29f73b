import type { FastifyInstance } from 'fastify'

import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Status } from '../../contract/status-documents.ts'
import type { AnswerStore } from '../domain/access/answer-store.ts'
import type { AuditLog } from '../domain/access/audit-log.ts'
import type { TokenDesk } from '../domain/access/token-desk.ts'
import type { WebSessions } from '../domain/access/web-sessions.ts'
import type { ContentDesk } from '../domain/content/content-desk.ts'
import type { EventLog } from '../domain/event/event-log.ts'
import type { EventSink } from '../domain/event/event-sink.ts'
import type { ExplainDesk } from '../domain/explain/explain-desk.ts'
import type { ImageDesk } from '../domain/image/image-desk.ts'
import type { ImageImporter } from '../domain/image/image-store.ts'
import type { ImportSources } from '../domain/image/import-source.ts'
import type { KeyDesk } from '../domain/image/key-desk.ts'
import type { NetworkDesk } from '../domain/lease/network-desk.ts'
import type { MachineDirectory } from '../domain/machine/machine-directory.ts'
import type { RuleDesk } from '../domain/machine/rules/rule-desk.ts'
import type { ParamSource } from '../domain/param/param-source.ts'
import type { ContentSource } from '../domain/workflow/content-source.ts'
import type { RunDesk } from '../domain/workflow/run-desk.ts'

/** Everything that an operator can reach. */
export interface OperatorServices {
  readonly machines: MachineDirectory
  readonly rules: RuleDesk
  readonly explainer: ExplainDesk
  readonly runs: RunDesk
  readonly images: ImageDesk
  readonly keys: KeyDesk
  readonly content: ContentDesk
  /** Of the content in force. */
  readonly params: ParamSource &
    Pick<ContentSource, 'workflow' | 'workflows' | 'bootEnv' | 'bootEnvs'>
  readonly networks: Pick<NetworkDesk, 'listLeases' | 'releaseLease' | 'listSubnets'>
  readonly importer: ImageImporter
  readonly importSources: ImportSources
  readonly events: EventLog & EventSink
  readonly answers: AnswerStore
  readonly audit: AuditLog
  readonly tokens: Pick<
    TokenDesk,
    'listTokens' | 'createToken' | 'revokeToken' | 'authenticate' | 'isValid'
  >
  readonly webSessions: WebSessions
  /** Adds the pages for browsers; without it there are none. */
  readonly addPages?: (app: FastifyInstance) => void
  readonly clock: Clock
  readonly logger: Logger
  /** Everything that a daemon is, images apart, keys included. */
  readBackup(): AsyncIterable<Uint8Array>
  readStatus(): Promise<Status>
  /** Whether all servers listen; until then some still look around. */
  isReady(): boolean
}
