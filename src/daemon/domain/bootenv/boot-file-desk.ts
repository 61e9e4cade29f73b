import type { Clock } from '../../../base/clock.ts'
import type { EventSink } from '../event/event-sink.ts'
import type { EngineState } from '../workflow/engine-state.ts'
import type { BootAttempts } from './boot-attempts.ts'
import type {
  BootClient,
  BootFileDecision,
  BootFileQuestion,
  BootFileResolver,
} from './boot-client.ts'
import type { NetworkPlaces } from './network-places.ts'
import { type BootFileHosts, resolveBootFile, skipNetworkBoot } from './resolve-boot-file.ts'
import { decideBoot } from './resolve-boot.ts'

/** A client asks in DISCOVER and again in REQUEST; the same answer within this time is one event. */
const repeatMs = 10_000
const maximumRemembered = 4096

export interface BootFileDeskOptions extends BootFileHosts {
  readonly state: Pick<EngineState, 'machineAt' | 'runOf'>
  readonly attempts: BootAttempts
  readonly places: NetworkPlaces
  readonly events: EventSink
  readonly clock: Clock
  /** Whether shim and GRUB as Debian signed them are served. */
  readonly hasSignedPrograms: boolean
}

/** Answers DHCP clients, and says each new answer once as an event. */
export class BootFileDesk implements BootFileResolver {
  readonly #options: BootFileDeskOptions
  readonly #said = new Map<string, { readonly because: string; readonly atMs: number }>()

  constructor(options: BootFileDeskOptions) {
    this.#options = options
  }

  bootFileFor(client: BootClient, question: BootFileQuestion): BootFileDecision {
    const decision = this.#decide(client, question)
    if (client.kind !== 'none') this.#say(client, decision)
    return decision
  }

  #decide(client: BootClient, question: BootFileQuestion): BootFileDecision {
    const { attempts, hasSignedPrograms, state } = this.#options
    const { macAddress, kind } = client
    if (question.place !== undefined) this.#options.places.hear(macAddress, question.place)
    if (kind === 'none') return resolveBootFile(client, this.#options)
    if (kind === 'ipxe') {
      attempts.hearIpxe(macAddress)
      return resolveBootFile(client, this.#options)
    }
    if (question.isFirstOfBoot) attempts.beginFirmware(macAddress)
    if (this.#isOnItsWayToDisk(client)) {
      const because = 'it was just told to boot its disk: its firmware shall go on to it'
      return skipNetworkBoot(client, this.#options, because)
    }
    const decision = resolveBootFile(client, this.#options, {
      machine: state.machineAt(macAddress)?.bootPrograms,
      subnet: question.bootPrograms,
      isIpxeRefused: hasSignedPrograms && attempts.isIpxeRefused(macAddress),
    })
    if (!question.isFirstOfBoot && decision.kind === 'boot-file') {
      attempts.hand(macAddress, decision.bootFileName)
    }
    return decision
  }

  /**
   * UEFI firmware that iPXE handed back tries its other network entries first. Only where nobody has
   * given the machine another order in the meantime.
   */
  #isOnItsWayToDisk({ macAddress, platform }: BootClient): boolean {
    const { attempts, state } = this.#options
    const machine = state.machineAt(macAddress)
    if (platform === 'bios' || machine === undefined) return false
    if (!attempts.isSentToDisk(macAddress)) return false
    const run = state.runOf(machine.id)
    const ordered = run === undefined ? {} : { run }
    const now = decideBoot({ machine, ...ordered, recentBoots: 1 })
    return now.target === 'local-disk'
  }

  #say({ macAddress, platform }: BootClient, decision: BootFileDecision): void {
    const { clock, events, state } = this.#options
    const atMs = clock.monotonicMs()
    const { because } = decision
    const said = this.#said.get(macAddress)
    if (said !== undefined && said.because === because && atMs - said.atMs < repeatMs) return
    if (this.#said.size >= maximumRemembered) this.#said.clear()
    this.#said.set(macAddress, { because, atMs })
    const machine = state.machineAt(macAddress)
    events.record({
      timeMs: clock.nowMs(),
      type: 'boot',
      action: 'decided',
      key: macAddress,
      principal: 'daemon',
      ...(machine === undefined ? {} : { machineId: machine.id }),
      body: {
        target: decision.kind === 'none' ? 'none' : decision.bootFileName,
        because,
        platform,
      },
    })
  }
}
