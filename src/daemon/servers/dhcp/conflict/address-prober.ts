import type { Ipv4Address } from '../../../../base/ipv4-address.ts'
import type { MacAddress } from '../../../../base/mac-address.ts'
import { type LinkSocket, openLinkSocket } from '../link-socket.ts'
import { ownMacAddress } from '../own-mac-address.ts'
import { linux, type SocketCalls } from '../socket-calls.ts'
import { arpProbe, readArpSender } from './arp-message.ts'

/** Whether somebody answers at an address; `unknown`: the network could not be asked. */
export type ProbeFinding = 'unused' | 'in-use' | 'unknown'

/** Asks the network of one interface whether an address is in use. */
export interface AddressProber {
  /** False while so many addresses are being tried that another would only make clients wait. */
  isReady(): boolean
  isTrying(address: Ipv4Address): boolean
  /** Takes a quarter of a second when nobody answers. An answer from `asker` itself does not count. */
  tryAddress(address: Ipv4Address, asker: MacAddress): Promise<ProbeFinding>
}

/** A host on the same network answers within a few milliseconds; RFC 2131 lets us choose. */
const patienceMs = 250

/** The question is asked twice, as one packet may be lost. */
const repeatMs = 100

const pollMs = 10

/**
 * Tried at one time. A rack that is switched on is tried in full; a flood of strangers is not, and
 * costs nobody else a wait.
 */
const mostAtOnce = 64

interface Probe {
  readonly asker: MacAddress
  readonly startedAtMs: number
  isRepeated: boolean
  readonly settle: (finding: ProbeFinding) => void
}

/** @param onConflict told whom we found on an address that we were about to lend */
export function createAddressProber(
  interfaceName: string,
  calls: SocketCalls,
  onConflict: (address: Ipv4Address, holder: MacAddress) => void,
): AddressProber {
  const probes = new Map<Ipv4Address, Probe>()
  let socket: LinkSocket | undefined
  let own: MacAddress | undefined
  const closeWhenIdle = () => {
    if (probes.size > 0) return
    socket?.close()
    socket = undefined
  }
  const settle = (address: Ipv4Address, finding: ProbeFinding) => {
    const probe = probes.get(address)
    probes.delete(address)
    probe?.settle(finding)
    closeWhenIdle()
  }
  const hear = (message: Uint8Array) => {
    const sender = readArpSender(message)
    const probe = sender === undefined ? undefined : probes.get(sender.address)
    if (sender === undefined || probe === undefined) return
    if ([probe.asker, own].includes(sender.macAddress)) return
    onConflict(sender.address, sender.macAddress)
    settle(sender.address, 'in-use')
  }
  const poll = () => {
    socket?.receive(hear)
    const nowMs = performance.now()
    for (const [address, probe] of probes) {
      const ageMs = nowMs - probe.startedAtMs
      if (ageMs >= patienceMs) settle(address, 'unused')
      else if (ageMs >= repeatMs && !probe.isRepeated) {
        probe.isRepeated = true
        if (own !== undefined) socket?.broadcast(arpProbe(own, address))
      }
    }
    if (probes.size > 0) setTimeout(poll, pollMs)
  }
  return {
    isReady: () => probes.size < mostAtOnce,
    isTrying: (address) => probes.has(address),
    async tryAddress(address, asker) {
      own = ownMacAddress(interfaceName)
      socket ??= openLinkSocket({
        interfaceName,
        etherType: linux.etherTypeArp,
        calls,
        mostBytes: 64,
      })
      if (own === undefined || !(socket?.broadcast(arpProbe(own, address)) ?? false)) {
        closeWhenIdle()
        return 'unknown'
      }
      const { promise, resolve } = Promise.withResolvers<ProbeFinding>()
      const startedAtMs = performance.now()
      probes.set(address, { asker, startedAtMs, isRepeated: false, settle: resolve })
      if (probes.size === 1) setTimeout(poll, pollMs)
      return promise
    },
  }
}
