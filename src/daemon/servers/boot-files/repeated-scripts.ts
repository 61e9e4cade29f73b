import type { Clock } from '../../../base/clock.ts'
import type { ScriptClient } from '../../domain/bootenv/boot-client.ts'

/** GRUB opens a file once for each of its filters and rewinds it by asking again, all within this time. */
const repeatMs = 3000
const maximumRemembered = 1024

/** One decision for each boot, however often GRUB reads its script. */
export class RepeatedScripts {
  readonly #clock: Clock
  readonly #scripts = new Map<string, { readonly text: Promise<string>; readonly atMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  scriptFor(client: ScriptClient, decide: () => Promise<string>): Promise<string> {
    const key = `${client.macAddress} ${client.address} ${client.platform}`
    const atMs = this.#clock.monotonicMs()
    const last = this.#scripts.get(key)
    if (last !== undefined && atMs - last.atMs < repeatMs) return last.text
    if (this.#scripts.size >= maximumRemembered) this.#scripts.clear()
    const text = decide()
    this.#scripts.set(key, { text, atMs })
    return text
  }
}
