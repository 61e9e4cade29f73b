import type { Clock } from '../../../base/clock.ts'
import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { Logger } from '../../../base/logger.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import { BootAttempts } from '../bootenv/boot-attempts.ts'
import type { BootFileResolver, ScriptDecider } from '../bootenv/boot-client.ts'
import { BootDesk } from '../bootenv/boot-desk.ts'
import { BootFileDesk } from '../bootenv/boot-file-desk.ts'
import { BootHistory } from '../bootenv/boot-history.ts'
import type { BootRecord } from '../bootenv/boot-record.ts'
import { BootTokens } from '../bootenv/boot-tokens.ts'
import { NetworkPlaces } from '../bootenv/network-places.ts'
import { bootWindowMs } from '../bootenv/resolve-boot.ts'
import type { Secrets } from '../bootenv/secrets.ts'
import type { EventSink } from '../event/event-sink.ts'
import type { CaptureDesk } from '../image/capture-spool.ts'
import type { ImageStore } from '../image/image-store.ts'
import type { AgentDesk, PhoneHomeDesk } from '../machine/agent-desk.ts'
import { AgentReception } from '../machine/agent-reception.ts'
import { AgentSessions } from '../machine/agent-sessions.ts'
import { createMachineDirectory } from '../machine/engine-machine-directory.ts'
import type { MachineDirectory } from '../machine/machine-directory.ts'
import type { NewMachines } from '../machine/newcomer.ts'
import { createRuleDesk, type RuleDesk } from '../machine/rules/rule-desk.ts'
import type { CloudConfigReader } from '../seed/cloud-config.ts'
import type { SecretFiles } from '../seed/seed-role.ts'
import { createCaptureDesk } from './capture-desk.ts'
import type { ContentSource } from './content-source.ts'
import { createRunDesk } from './engine-run-desk.ts'
import { EngineState } from './engine-state.ts'
import type { HookCaller } from './hook-caller.ts'
import { createPhoneHomeDesk } from './phone-home-desk.ts'
import { ProgressReports } from './progress-reports.ts'
import type { RunDesk } from './run-desk.ts'
import { RunKeeper } from './run-keeper.ts'
import type { StateStore } from './state-store.ts'
import type { Timers } from './timers.ts'
import { WriteLine } from './write-line.ts'
import type { WriteLimits } from './write-turns.ts'

export interface WorkflowEngineOptions {
  readonly store: StateStore
  readonly events: EventSink
  readonly images: ImageStore
  readonly content: ContentSource
  readonly cloudConfig: CloudConfigReader
  readonly secretFiles: SecretFiles
  readonly clock: Clock
  readonly timers: Timers
  readonly secrets: Secrets
  readonly logger: Logger
  /** Without trailing slash: `http://10.77.0.1:8090`. */
  readonly provisioningUrl: string
  /** The same place as agents come to it: with TLS, where it is spoken. */
  readonly agentUrl: string
  /** Who serves TFTP. */
  readonly serverAddress: Ipv4Address
  /** Whether shim and GRUB as Debian signed them are served. */
  readonly hasSignedPrograms: boolean
  readonly hooks: HookCaller
  readonly writeLimits: WriteLimits
  /** What becomes of machines that nobody has named. */
  readonly newMachines: NewMachines
}

/** Every door of the engine, one for each who knocks. */
export interface WorkflowEngine extends AsyncDisposable {
  readonly runs: RunDesk
  readonly machines: MachineDirectory
  readonly rules: RuleDesk
  readonly bootFiles: BootFileResolver
  readonly scripts: ScriptDecider
  readonly agents: AgentDesk
  readonly phoneHomes: PhoneHomeDesk
  readonly captures: CaptureDesk
  /** Whether the address belongs to a machine on record. */
  isKnownMachine(address: MacAddress): boolean
  machineIdAt(address: MacAddress): string | undefined
}

/** Boots of the past that still matter: which one an agent joined with last. */
const rememberedBootsMs = 7 * 86_400_000

/** Loads what the store has, takes up every unfinished run, and opens the doors. */
export async function startWorkflowEngine(options: WorkflowEngineOptions): Promise<WorkflowEngine> {
  const { clock, secrets, images, store, content, provisioningUrl } = options
  const state = await EngineState.load(store)
  const sessions = new AgentSessions()
  const boots = new BootHistory(clock)
  const attempts = new BootAttempts(clock)
  const places = new NetworkPlaces()
  const tokens = new BootTokens(clock, secrets)
  const progress = new ProgressReports()
  const machines = () => state.machines()
  const { cloudConfig, secretFiles } = options
  const seedRole = (name: string) => content.seedRole(name)
  const seeds = { seedRole, secretFiles, cloudConfig }
  const params = { content, secretFiles }
  const orders = { images, store, seeds, params, provisioningUrl, clock, machines }
  const line = new WriteLine(state, options.writeLimits)
  const keeper = new RunKeeper({ ...options, state, sessions, boots, orders, line })
  const shared = { ...options, state, keeper, sessions, boots, tokens, progress, line }
  const agents = new AgentReception(shared)
  const nowMs = clock.nowMs()
  for (const boot of await store.readBootsSince(nowMs - rememberedBootsMs)) {
    agents.remember(boot)
    if (countsAsBoot(boot, state, nowMs)) boots.add(boot.machineId, nowMs - boot.createdAtMs)
  }
  await keeper.resume()
  const scripts = new BootDesk({ ...shared, attempts, places })
  return {
    runs: createRunDesk(shared),
    machines: createMachineDirectory({ ...shared, bootDesk: scripts }),
    rules: createRuleDesk({ state, content }),
    bootFiles: new BootFileDesk({ ...shared, attempts, places }),
    scripts,
    agents,
    phoneHomes: createPhoneHomeDesk(shared),
    captures: createCaptureDesk(shared),
    isKnownMachine: (address) => state.machineAt(address) !== undefined,
    machineIdAt: (address) => state.machineAt(address)?.id,
    async [Symbol.asyncDispose]() {
      keeper.stop()
      sessions.closeAll()
      await state.settled()
    },
  }
}

/** Within the window, and since the last progress of the machine's run. */
function countsAsBoot(boot: BootRecord, state: EngineState, nowMs: number): boolean {
  const run = state.runOf(boot.machineId)
  const progressAtMs = Math.max(
    run?.createdAtMs ?? 0,
    ...(run?.tasks ?? []).map(({ endedAtMs = 0 }) => endedAtMs),
  )
  return boot.createdAtMs > Math.max(nowMs - bootWindowMs, progressAtMs)
}
