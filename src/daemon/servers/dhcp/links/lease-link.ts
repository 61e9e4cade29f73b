import { type Ipv4Address, unspecifiedIpv4 } from '../../../../base/ipv4-address.ts'
import { networkContains } from '../../../../base/ipv4-network.ts'
import { dhcpOptionCode } from '../../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { DhcpPacket } from '../../../../protocol/dhcpv4/dhcp-packet.ts'
import { readAddressOption } from '../../../../protocol/dhcpv4/read-option.ts'
import type { Offer } from '../../../domain/lease/lease-answer.ts'
import { isHost } from '../../../domain/lease/select-subnet.ts'
import type { AddressProber } from '../conflict/address-prober.ts'
import type { DhcpExchange, DhcpLink, DhcpReply, Verdict } from '../dhcp-exchange.ts'

/**
 * Offers, leases and takes back addresses, RFC 2131 §4.3. We are the authority for the network, so a
 * client that believes in an address we know nothing of hears NAK and starts anew. The verdict on a
 * REQUEST comes when its lease is stored.
 */
export const leaseLink: DhcpLink = (exchange, reply) => {
  switch (exchange.request.messageType) {
    case 'discover':
      return offer(exchange, reply)
    case 'request':
      return lease(exchange, reply)
    case 'inform':
      return inform(exchange, reply)
    case 'decline':
      return decline(exchange)
    case 'release':
      return release(exchange)
    case 'offer':
    case 'ack':
    case 'nak':
      break
  }
  return { kind: 'silence', counter: 'unexpected', because: 'a server’s message' }
}

/** Addresses that one DISCOVER may find in use; each costs the client a wait. */
const mostTries = 3

function offer(exchange: DhcpExchange, reply: DhcpReply): Verdict | Promise<Verdict> {
  const { prober } = exchange
  const answer = nextOffer(exchange)
  if (answer.kind === 'none') return poolFull(exchange, answer)
  if (prober?.isTrying(answer.address) ?? false) {
    return { kind: 'silence', counter: 'being-tried', because: 'the address is being tried' }
  }
  if (prober !== undefined && answer.isUntried && prober.isReady()) {
    return offerWhatNobodyUses(exchange, reply, prober, answer.address)
  }
  return offered(reply, answer.address)
}

/** Asks the network who has the address before a client hears of it, RFC 2131 §3.1 step 2. */
async function offerWhatNobodyUses(
  exchange: DhcpExchange,
  reply: DhcpReply,
  prober: AddressProber,
  first: Ipv4Address,
): Promise<Verdict> {
  const { pool, macAddress } = exchange
  let address = first
  for (let tries = 0; tries < mostTries; tries++) {
    const finding = await prober.tryAddress(address, macAddress)
    if (finding !== 'in-use') {
      if (finding === 'unused') pool.markUnused(address)
      return offered(reply, address)
    }
    pool.markForeign(address)
    const answer = nextOffer(exchange)
    if (answer.kind === 'none') return poolFull(exchange, answer)
    if (!answer.isUntried) return offered(reply, answer.address)
    ;({ address } = answer)
  }
  pool.withdrawOffer(macAddress)
  return { kind: 'silence', counter: 'being-tried', because: 'every address tried is in use' }
}

function nextOffer({ request, pool, applicant }: DhcpExchange): Offer {
  const wanted = readAddressOption(request.options, dhcpOptionCode.requestedAddress)
  return pool.offer(applicant, wanted)
}

function offered(reply: DhcpReply, yourAddress: Ipv4Address): Verdict {
  return { kind: 'continue', reply: { ...reply, yourAddress } }
}

function poolFull(
  { subnet }: DhcpExchange,
  { because }: Extract<Offer, { kind: 'none' }>,
): Verdict {
  const pools = subnet.pools.map(({ first, last }) => `${first} to ${last}`).join(', ')
  if (pools === '') return { kind: 'pool-full', because: 'nothing is reserved for this client' }
  return {
    kind: 'pool-full',
    because:
      because === 'pool-full'
        ? `no address is left of ${pools}`
        : `what is left of ${pools} is kept for known machines`,
  }
}

function lease(exchange: DhcpExchange, reply: DhcpReply): Verdict | Promise<Verdict> {
  const { pool, request, applicant, subnet, leaseSeconds } = exchange
  const address = requestedAddress(request)
  if (address === undefined) {
    return { kind: 'silence', counter: 'malformed', because: 'a REQUEST for no address' }
  }
  if (!networkContains(subnet.network, address)) {
    return { kind: 'nak', because: `${address} is not of this network` }
  }
  const isSelecting = request.options.has(dhcpOptionCode.serverIdentifier)
  if (!isSelecting && !pool.knows(applicant, address)) {
    return { kind: 'nak', because: `${address} is not leased to this client` }
  }
  return pool
    .bind(applicant, address, leaseSeconds)
    .then((binding) =>
      binding.kind === 'refused'
        ? { kind: 'nak', because: `${address}: ${binding.because}` }
        : { kind: 'continue', reply: { ...reply, yourAddress: address } },
    )
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
  if (isHost(subnet.network, clientAddress) && clientAddress !== serverAddress) {
    return { kind: 'continue', reply }
  }
  return { kind: 'silence', counter: 'foreign', because: `${clientAddress} is no client of ours` }
}

async function decline({ request, pool, applicant }: DhcpExchange): Promise<Verdict> {
  const address = readAddressOption(request.options, dhcpOptionCode.requestedAddress)
  const outcome = address === undefined ? 'not-theirs' : await pool.decline(applicant, address)
  if (address === undefined || outcome === 'not-theirs') {
    return { kind: 'silence', counter: 'forged', because: 'declined what it was not given' }
  }
  const because =
    outcome === 'quarantined'
      ? 'somebody else uses the address, it is lent to nobody for a while'
      : 'declined too many addresses, this one stays in the pool'
  return { kind: 'declined', address, because }
}

async function release({ request, pool, applicant }: DhcpExchange): Promise<Verdict> {
  const isTheirs = await pool.release(applicant, request.clientAddress)
  return isTheirs
    ? { kind: 'silence', counter: 'released', because: 'the lease has ended' }
    : { kind: 'silence', counter: 'forged', because: 'released what it did not have' }
}
