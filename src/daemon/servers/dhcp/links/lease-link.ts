import { type Ipv4Address, unspecifiedIpv4 } from '../../../../base/ipv4-address.ts'
import { networkBroadcast, networkContains } from '../../../../base/ipv4-network.ts'
import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { DhcpPacket } from '../../../../protocol/dhcpv4/dhcp-packet.ts'
import { readAddressOption } from '../../../../protocol/dhcpv4/read-option.ts'
import type { LeasePool } from '../../../domain/lease/lease-pool.ts'
import type { DhcpExchange, DhcpLink, DhcpReply, Verdict } from '../dhcp-exchange.ts'

/**
 * Offers, leases and takes back addresses, RFC 2131 §4.3. We are the authority for the network, so a
 * client that believes in an address we know nothing of hears NAK and starts anew. The verdict on a
 * REQUEST comes when its lease is stored.
 */
export function leaseLink(pool: LeasePool): DhcpLink {
  return (exchange, reply) => {
    switch (exchange.request.messageType) {
      case 'discover':
        return offer(pool, exchange, reply)
      case 'request':
        return lease(pool, exchange, reply)
      case 'inform':
        return inform(exchange, reply)
      case 'decline':
        return decline(pool, exchange)
      case 'release':
        return release(pool, exchange)
      case 'offer':
      case 'ack':
      case 'nak':
        break
    }
    return { kind: 'silence', counter: 'unexpected', because: 'a server’s message' }
  }
}

function offer(
  pool: LeasePool,
  { request, macAddress, subnet }: DhcpExchange,
  reply: DhcpReply,
): Verdict {
  const wanted = readAddressOption(request.options, dhcpOptionCode.requestedAddress)
  const answer = pool.offer(macAddress, wanted)
  if (answer.kind === 'offered') {
    return { kind: 'continue', reply: { ...reply, yourAddress: answer.address } }
  }
  const { poolFirst, poolLast } = subnet
  const because =
    answer.because === 'pool-full'
      ? `no address is left of ${poolFirst} to ${poolLast}`
      : `what is left of ${poolFirst} to ${poolLast} is kept for known machines`
  return { kind: 'pool-full', because }
}

async function lease(
  pool: LeasePool,
  { request, macAddress, subnet }: DhcpExchange,
  reply: DhcpReply,
): Promise<Verdict> {
  const address = requestedAddress(request)
  if (address === undefined) {
    return { kind: 'silence', counter: 'malformed', because: 'a REQUEST for no address' }
  }
  if (!networkContains(subnet.network, address)) {
    return { kind: 'nak', because: `${address} is not of this network` }
  }
  const isSelecting = request.options.has(dhcpOptionCode.serverIdentifier)
  if (!isSelecting && !pool.knows(macAddress, address)) {
    return { kind: 'nak', because: `${address} is not leased to this client` }
  }
  const binding = await pool.bind(macAddress, address)
  if (binding.kind === 'refused') {
    return { kind: 'nak', because: `${address}: ${binding.because}` }
  }
  return { kind: 'continue', reply: { ...reply, yourAddress: address } }
}

/** Option 50 when selecting or rebooting, ciaddr when renewing or rebinding. */
function requestedAddress({ options, clientAddress }: DhcpPacket): Ipv4Address | undefined {
  const requested = readAddressOption(options, dhcpOptionCode.requestedAddress)
  const address = requested ?? clientAddress
  return address === unspecifiedIpv4 ? undefined : address
}

/** Settings without a lease, for a client that has its address from elsewhere. */
function inform({ request, subnet, serverAddress }: DhcpExchange, reply: DhcpReply): Verdict {
  const { clientAddress } = request
  const isHost =
    networkContains(subnet.network, clientAddress) &&
    ![subnet.network.address, networkBroadcast(subnet.network), serverAddress].includes(
      clientAddress,
    )
  if (isHost) return { kind: 'continue', reply }
  return { kind: 'silence', counter: 'foreign', because: `${clientAddress} is no client of ours` }
}

async function decline(pool: LeasePool, { request, macAddress }: DhcpExchange): Promise<Verdict> {
  const address = readAddressOption(request.options, dhcpOptionCode.requestedAddress)
  const outcome = address === undefined ? 'not-theirs' : await pool.decline(macAddress, address)
  if (address === undefined || outcome === 'not-theirs') {
    return { kind: 'silence', counter: 'forged', because: 'declined what it was not given' }
  }
  const because =
    outcome === 'quarantined'
      ? 'somebody else uses the address, it is lent to nobody for a while'
      : 'declined too many addresses, this one stays in the pool'
  return { kind: 'declined', address, because }
}

async function release(pool: LeasePool, { request, macAddress }: DhcpExchange): Promise<Verdict> {
  const isTheirs = await pool.release(macAddress, request.clientAddress)
  return isTheirs
    ? { kind: 'silence', counter: 'released', because: 'the lease has ended' }
    : { kind: 'silence', counter: 'forged', because: 'released what it did not have' }
}
