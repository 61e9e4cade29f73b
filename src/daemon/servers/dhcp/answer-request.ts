import type { MacAddress } from '../../../base/mac-address.ts'
import type { BootFileResolver } from '../../domain/bootenv/boot-client.ts'
import {
  type DhcpExchange,
  type DhcpLink,
  type DhcpReply,
  emptyReply,
  type Verdict,
} from './dhcp-exchange.ts'
import { bootFileLink } from './links/boot-file-link.ts'
import { echoedOptionsLink } from './links/echoed-options-link.ts'
import { ipxeOptionsLink } from './links/ipxe-options-link.ts'
import { leaseLink } from './links/lease-link.ts'
import { leaseTimesLink } from './links/lease-times-link.ts'
import { nulTerminatedTextsLink } from './links/nul-terminated-texts-link.ts'
import { operatorOptionsLink } from './links/operator-options-link.ts'
import { proxyLink } from './links/proxy-link.ts'
import { proxyOptionsLink, pxeOptionsLink } from './links/pxe-options-link.ts'
import { serverIdentifierLink } from './links/server-identifier-link.ts'

/** The links in the order in which a request passes them. */
export function dhcpChain(bootFiles: BootFileResolver): readonly DhcpLink[] {
  return [
    serverIdentifierLink,
    leaseLink,
    leaseTimesLink,
    operatorOptionsLink,
    nulTerminatedTextsLink,
    bootFileLink(bootFiles),
    pxeOptionsLink,
    ipxeOptionsLink,
    echoedOptionsLink,
  ]
}

/** The links of a proxy, which gives no address. */
export function proxyChain(
  bootFiles: BootFileResolver,
  isKnownMachine: (macAddress: MacAddress) => boolean,
): readonly DhcpLink[] {
  return [
    serverIdentifierLink,
    proxyLink(isKnownMachine),
    bootFileLink(bootFiles),
    proxyOptionsLink,
    echoedOptionsLink,
  ]
}

/** The last link's verdict, or the first that ends the chain; at once, unless a link has to wait. */
export function answerRequest(
  exchange: DhcpExchange,
  chain: readonly DhcpLink[],
): Verdict | Promise<Verdict> {
  return passLinks(exchange, chain, 0, emptyReply())
}

function passLinks(
  exchange: DhcpExchange,
  chain: readonly DhcpLink[],
  start: number,
  replySoFar: DhcpReply,
): Verdict | Promise<Verdict> {
  let reply = replySoFar
  for (let index = start; index < chain.length; index++) {
    const verdict = chain[index]?.(exchange, reply) ?? { kind: 'continue', reply }
    if (verdict instanceof Promise) {
      return verdict.then((late) =>
        late.kind === 'continue' ? passLinks(exchange, chain, index + 1, late.reply) : late,
      )
    }
    if (verdict.kind !== 'continue') return verdict
    ;({ reply } = verdict)
  }
  return { kind: 'continue', reply }
}
