import type { Clock } from '../../../base/clock.ts'
import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { Logger } from '../../../base/logger.ts'
import type { BootFileResolver, ScriptDecider } from '../bootenv/boot-client.ts'
import type { Secrets } from '../bootenv/secrets.ts'
import type { EventSink } from '../event/event-sink.ts'
import type { ImageStore } from '../image/image-store.ts'
import type { AgentDesk, PhoneHomeDesk } from '../machine/agent-desk.ts'
import type { MachineDirectory } from '../machine/machine-directory.ts'
import type { CloudConfigReader } from './cloud-config.ts'
import type { ContentSource } from './content-source.ts'
import type { RunDesk } from './run-desk.ts'
import type { StateStore } from './state-store.ts'
import type { Timers } from './timers.ts'

export interface WorkflowEngineOptions {
  readonly store: StateStore
  readonly events: EventSink
  readonly images: ImageStore
  readonly content: ContentSource
  readonly cloudConfig: CloudConfigReader
  readonly clock: Clock
  readonly timers: Timers
  readonly secrets: Secrets
  readonly logger: Logger
  /** Without trailing slash: `http://10.77.0.1:8090`. */
  readonly provisioningUrl: string
  /** Who serves TFTP. */
  readonly serverAddress: Ipv4Address
}

/** Every door of the engine, one for each who knocks. */
export interface WorkflowEngine extends AsyncDisposable {
  readonly runs: RunDesk
  readonly machines: MachineDirectory
  readonly bootFiles: BootFileResolver
  readonly scripts: ScriptDecider
  readonly agents: AgentDesk
  readonly phoneHomes: PhoneHomeDesk
}
