import { setTimeout as sleep } from 'node:timers/promises'

import type { Ipv4Address } from '../../base/ipv4-address.ts'
import { NetworkBootError } from '../errors.ts'
import { type LoaderEnd, runIpxeScript } from '../loader/run-ipxe-script.ts'
import { acquireLease, type DhcpClient, type Lease } from '../network/acquire-lease.ts'
import type { DhcpWire } from '../network/dhcp-wire.ts'
import { requestByHttp } from '../network/http-request.ts'
import { readByTftp } from '../network/tftp-read.ts'
import { isBootable, phoneHomeUrlOn } from './installed-system.ts'
import type { MachineFault } from './machine-fault.ts'
import type { MachinePlan } from './machine-plan.ts'
import { runAgent } from './run-agent.ts'
import { diskFileOf } from './simulated-hardware.ts'
import type { SledgehammerEnd } from './sledgehammer-boot.ts'

/** Milliseconds: how long what takes minutes on iron takes here. */
export interface MachinePace {
  /** From switched on to the first DISCOVER. */
  readonly firmwareMs: number
  /** From the loader's `boot` to the agent. */
  readonly kernelMs: number
  /** From the disk's boot sector to the call home. */
  readonly systemMs: number
  /** How long each DISCOVER and REQUEST waits for its answer, try by try. */
  readonly dhcpPatienceMs: readonly number[]
  /** What a second of a boot script's `sleep` takes. */
  readonly scriptSecondMs: number
}

export const usualPace: MachinePace = {
  firmwareMs: 200,
  kernelMs: 200,
  systemMs: 300,
  dhcpPatienceMs: [1000, 2000, 4000, 8000],
  scriptSecondMs: 1000,
}

export interface SimulatedMachineOptions {
  readonly plan: MachinePlan
  readonly wire: DhcpWire
  readonly tftpPort: number
  readonly pace?: MachinePace
  /** Its console. Default: nobody looks. */
  readonly say?: (line: string) => void
  /** Told each time that the system on its disk has started. */
  readonly onSystemStarted?: () => void
}

const endTexts: Readonly<Record<SledgehammerEnd, string>> = {
  rebooted: 'restarts',
  'powered-off': 'has switched itself off',
  'power-cut': 'the power is gone, and back',
}

/** How long a machine that nothing boots waits before it tries again. */
const nothingBootsMs = 2000

/**
 * A machine that boots as one of iron does: DHCP, TFTP, iPXE's script over HTTP, the agent, its disk. It
 * speaks from the loopback address that it is lent.
 */
export class SimulatedMachine {
  readonly #options: SimulatedMachineOptions
  readonly #plan: MachinePlan
  readonly #pace: MachinePace
  readonly #say: (line: string) => void
  readonly #diskFile: string
  #fault: MachineFault

  constructor(options: SimulatedMachineOptions) {
    this.#options = options
    this.#plan = options.plan
    this.#fault = options.plan.fault
    this.#pace = options.pace ?? usualPace
    this.#say = options.say ?? (() => undefined)
    this.#diskFile = diskFileOf(options.plan)
  }

  /** Boots, and boots again as often as it restarts, until the power goes: the signal aborts. */
  async run(power: AbortSignal): Promise<void> {
    while (!power.aborted) {
      try {
        const end = await this.#boot(power)
        if (end === 'power-cut') this.#fault = 'none'
        this.#say(endTexts[end])
        if (end === 'powered-off') return
      } catch (error) {
        if (power.aborted) return
        if (!(error instanceof NetworkBootError)) throw error
        this.#say(`nothing boots: ${error.message}`)
        await this.#wait(nothingBootsMs, power).catch(() => undefined)
      }
    }
  }

  async #boot(power: AbortSignal): Promise<SledgehammerEnd> {
    await this.#wait(this.#pace.firmwareMs, power)
    await this.#stopIf('never-boots', power)
    const end = await this.#bootFromNetwork(power)
    if (end.kind === 'kernel') return this.#runSledgehammer(end, power)
    if (end.kind === 'reboot') return 'rebooted'
    return this.#runSystem(power)
  }

  /** What the network says to boot; the disk where it says nothing. */
  async #bootFromNetwork(
    power: AbortSignal,
  ): Promise<LoaderEnd & { readonly address?: Ipv4Address }> {
    try {
      const offered = await this.#lease('firmware', power)
      await this.#loadProgram(offered, power)
      await this.#stopIf('stops-after-nbp', power)
      const lease = await this.#lease('ipxe', power)
      return { ...(await this.#runLoader(lease, power)), address: lease.address }
    } catch (error) {
      if (!(error instanceof NetworkBootError)) throw error
      this.#say(error.message)
      return { kind: 'exit' }
    }
  }

  async #lease(program: DhcpClient['program'], signal: AbortSignal): Promise<Lease> {
    const { macAddress, firmware, systemUuid } = this.#plan
    const client = { macAddress, firmware, systemUuid, program }
    const lease = await acquireLease(this.#options.wire, client, {
      signal,
      patienceMs: this.#pace.dhcpPatienceMs,
      ignoresOffer: this.#fault === 'ignores-offer',
    })
    this.#say(
      `${program}: ${lease.address} from ${lease.serverAddress}, ${lease.bootFileName ?? 'no boot file'}`,
    )
    return lease
  }

  async #loadProgram(
    { address, nextServer, bootFileName }: Lease,
    signal: AbortSignal,
  ): Promise<void> {
    if (bootFileName === undefined) throw new NetworkBootError('no boot file (PXE-E53)')
    const program = await readByTftp({
      localAddress: address,
      server: { address: nextServer, port: this.#options.tftpPort },
      fileName: bootFileName,
      signal,
      stallsAtFirstBlock: this.#fault === 'stalls-in-tftp',
    })
    this.#say(`${bootFileName}: ${program.length} bytes, started`)
  }

  async #runLoader({ address, bootFileName = '' }: Lease, signal: AbortSignal): Promise<LoaderEnd> {
    if (!bootFileName.startsWith('http:')) throw new NetworkBootError('iPXE got no script')
    return runIpxeScript(bootFileName, {
      firmware: this.#plan.firmware,
      fetch: async (url) => {
        if (url.includes('vmlinuz')) await this.#stopIf('fetches-no-kernel', signal)
        return requestByHttp(url, { localAddress: address, signal })
      },
      hasBootableDisk: () => this.#hasBootableDisk(),
      say: this.#say,
      sleep: (seconds) => this.#wait(seconds * this.#pace.scriptSecondMs, signal),
    })
  }

  async #runSledgehammer(
    kernel: Extract<LoaderEnd, { kind: 'kernel' }> & { readonly address?: Ipv4Address },
    power: AbortSignal,
  ): Promise<SledgehammerEnd> {
    await this.#wait(this.#pace.kernelMs, power)
    await this.#stopIf('starts-no-agent', power)
    const address = kernel.address ?? (await this.#lease('system', power)).address
    const { plan } = this.#options
    return runAgent({ plan, fault: this.#fault, kernel, address, say: this.#say, signal: power })
  }

  /** Runs until the power goes: nothing restarts an installed system here. */
  async #runSystem(power: AbortSignal): Promise<SledgehammerEnd> {
    if (!this.#hasBootableDisk()) throw new NetworkBootError('no bootable disk')
    this.#say('the system on the disk starts')
    await this.#wait(this.#pace.systemMs, power)
    await this.#stopIf('never-calls-home', power)
    const { address } = await this.#lease('system', power)
    await this.#callHome(address, power)
    this.#options.onSystemStarted?.()
    return this.#stop(power)
  }

  /** cloud-init tries thirty times, ten seconds apart; what is there for two seconds is found sooner here. */
  async #callHome(localAddress: Ipv4Address, power: AbortSignal): Promise<void> {
    const url = await phoneHomeUrlOn(this.#diskFile)
    if (url === undefined) return
    for (let tries = 30; tries > 0; tries--) {
      try {
        const { name } = this.#plan
        const options = {
          localAddress,
          signal: power,
          method: 'POST',
          body: `hostname=${name}`,
        } as const
        await requestByHttp(url, options)
        this.#say('called home')
        return
      } catch (error) {
        if (!(error instanceof NetworkBootError)) throw error
        this.#say(error.message)
        await this.#wait(500, power)
      }
    }
  }

  #hasBootableDisk(): boolean {
    return this.#fault !== 'no-disk' && isBootable(this.#diskFile)
  }

  async #stopIf(fault: MachineFault, power: AbortSignal): Promise<void> {
    if (this.#fault === fault) await this.#stop(power)
  }

  /** Does nothing any more. @throws when the power goes */
  #stop(power: AbortSignal): Promise<never> {
    power.throwIfAborted()
    return new Promise((_resolve, reject) => {
      power.addEventListener('abort', () => reject(power.reason as Error), { once: true })
    })
  }

  async #wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    await sleep(milliseconds, undefined, { signal })
  }
}
