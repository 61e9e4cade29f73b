import type { BootFileResolver } from '../../domain/bootenv/boot-client.ts'
import type { LeasePool } from '../../domain/lease/lease-pool.ts'
import { type DhcpExchange, type DhcpLink, emptyReply, type Verdict } from './dhcp-exchange.ts'
import { bootFileLink } from './links/boot-file-link.ts'
import { echoedOptionsLink } from './links/echoed-options-link.ts'
import { ipxeOptionsLink } from './links/ipxe-options-link.ts'
import { leaseLink } from './links/lease-link.ts'
import { networkOptionsLink } from './links/network-options-link.ts'
import { pxeOptionsLink } from './links/pxe-options-link.ts'
import { serverIdentifierLink } from './links/server-identifier-link.ts'

/** The links in the order in which a request passes them. */
export function dhcpChain(pool: LeasePool, bootFiles: BootFileResolver): readonly DhcpLink[] {
  return [
    serverIdentifierLink(pool),
    leaseLink(pool),
    networkOptionsLink,
    bootFileLink(bootFiles),
    pxeOptionsLink,
    ipxeOptionsLink,
    echoedOptionsLink,
  ]
}

/** The last link's verdict, or the first that ends the chain. */
export async function answerRequest(
  exchange: DhcpExchange,
  chain: readonly DhcpLink[],
): Promise<Verdict> {
  let reply = emptyReply
  for (const link of chain) {
    const verdict = await link(exchange, reply)
    if (verdict.kind !== 'continue') return verdict
    ;({ reply } = verdict)
  }
  return { kind: 'continue', reply }
}
