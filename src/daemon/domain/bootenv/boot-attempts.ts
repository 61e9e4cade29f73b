import type { Clock } from '../../../base/clock.ts'
import type { MacAddress } from '../../../base/mac-address.ts'

/** After this long the usual program gets another chance: Secure Boot may have been switched off. */
const rememberedMs = 24 * 3_600_000
/** How soon after a script's "boot your disk" a firmware's next try belongs to the same boot. */
const sameBootMs = 60_000
/** A flood of made-up addresses ends here. */
const maximumRemembered = 4096

interface Attempts {
  /** iPXE was handed out and has not been heard of since. */
  isIpxeAwaited: boolean
  isIpxeRefused: boolean
  /** When a boot script said that it shall boot its disk. */
  sentToDiskAtMs?: number
  lastAtMs: number
}

/** How far the tries of each machine to boot from the network came, in memory only. */
export class BootAttempts {
  readonly #clock: Clock
  readonly #attempts = new Map<MacAddress, Attempts>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Firmware begins anew. If iPXE should have started since the last time, it did not. */
  beginFirmware(address: MacAddress): void {
    const attempts = this.#attempts.get(address)
    if (attempts?.isIpxeAwaited !== true) return
    attempts.isIpxeAwaited = false
    attempts.isIpxeRefused = true
    attempts.lastAtMs = this.#clock.monotonicMs()
  }

  /** Firmware takes the program. */
  hand(address: MacAddress, program: string): void {
    this.#of(address).isIpxeAwaited = program.includes('ipxe/')
  }

  /** iPXE asks: it runs. */
  hearIpxe(address: MacAddress): void {
    const attempts = this.#attempts.get(address)
    if (attempts === undefined) return
    attempts.isIpxeAwaited = false
    attempts.isIpxeRefused = false
  }

  sendToDisk(address: MacAddress): void {
    this.#of(address).sentToDiskAtMs = this.#clock.monotonicMs()
  }

  isIpxeRefused(address: MacAddress): boolean {
    const attempts = this.#attempts.get(address)
    if (attempts?.isIpxeRefused !== true) return false
    return this.#clock.monotonicMs() - attempts.lastAtMs < rememberedMs
  }

  /** Whether it is still the boot in which it was sent to its disk. */
  isSentToDisk(address: MacAddress): boolean {
    const { sentToDiskAtMs } = this.#attempts.get(address) ?? {}
    return sentToDiskAtMs !== undefined && this.#clock.monotonicMs() - sentToDiskAtMs < sameBootMs
  }

  #of(address: MacAddress): Attempts {
    const lastAtMs = this.#clock.monotonicMs()
    const known = this.#attempts.get(address)
    if (known !== undefined) {
      known.lastAtMs = lastAtMs
      return known
    }
    if (this.#attempts.size >= maximumRemembered) this.#attempts.clear()
    const fresh = { isIpxeAwaited: false, isIpxeRefused: false, lastAtMs }
    this.#attempts.set(address, fresh)
    return fresh
  }
}
