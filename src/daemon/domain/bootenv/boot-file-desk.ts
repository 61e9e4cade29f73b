import type { Clock } from '../../../base/clock.ts'
import type { EventSink } from '../event/event-sink.ts'
import type { BootClient, BootFileDecision, BootFileResolver } from './boot-client.ts'
import { type BootFileHosts, resolveBootFile } from './resolve-boot.ts'

/** A client asks in DISCOVER and again in REQUEST; the same answer within this time is one event. */
const repeatMs = 10_000
const maximumRemembered = 4096

/** Answers DHCP clients, and says each new answer once as an event. */
export class BootFileDesk implements BootFileResolver {
  readonly #hosts: BootFileHosts
  readonly #events: EventSink
  readonly #clock: Clock
  readonly #said = new Map<string, { readonly because: string; readonly atMs: number }>()

  constructor(hosts: BootFileHosts, events: EventSink, clock: Clock) {
    this.#hosts = hosts
    this.#events = events
    this.#clock = clock
  }

  bootFileFor(client: BootClient): BootFileDecision {
    const decision = resolveBootFile(client, this.#hosts)
    if (client.kind !== 'none') this.#say(client, decision)
    return decision
  }

  #say({ macAddress, platform }: BootClient, decision: BootFileDecision): void {
    const atMs = this.#clock.monotonicMs()
    const { because } = decision
    const said = this.#said.get(macAddress)
    if (said !== undefined && said.because === because && atMs - said.atMs < repeatMs) return
    if (this.#said.size >= maximumRemembered) this.#said.clear()
    this.#said.set(macAddress, { because, atMs })
    this.#events.record({
      timeMs: this.#clock.nowMs(),
      type: 'boot',
      action: 'decided',
      key: macAddress,
      principal: 'daemon',
      body: {
        target: decision.kind === 'none' ? 'none' : decision.bootFileName,
        because,
        platform,
      },
    })
  }
}
