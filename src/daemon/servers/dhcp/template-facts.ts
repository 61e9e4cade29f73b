import { type Ipv4Address, unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import type { TemplateFacts } from '../../domain/lease/subnet.ts'
import { templateWords, type TemplateWord } from '../../domain/lease/template-words.ts'
import type { DhcpExchange } from './dhcp-exchange.ts'

/** A client's claims are long when it means harm. */
const mostCharacters = 64

/**
 * The words that templates may use. Whatever a client sent keeps letters, digits and `. _ : / @ + -`;
 * every other character becomes `_`, so that no value can break out of where a template puts it.
 */
export function templateFacts(
  { leaseClient, client, subnet, serverAddress, request }: DhcpExchange,
  yourAddress: Ipv4Address,
): TemplateFacts {
  const address = yourAddress === unspecifiedIpv4 ? request.clientAddress : yourAddress
  const values: Readonly<Record<TemplateWord, string>> = {
    mac: leaseClient.macAddress,
    macHyphens: leaseClient.macAddress.replaceAll(':', '-'),
    macDigits: leaseClient.macAddress.replaceAll(':', ''),
    address,
    serverAddress,
    subnet: subnet.name,
    platform: client.platform,
    architecture: String(leaseClient.architectures[0] ?? ''),
    systemUuid: leaseClient.systemUuid ?? '',
    clientId: leaseClient.clientId ?? '',
    hostName: leaseClient.hostName,
    vendorClass: leaseClient.vendorClass,
    userClass: leaseClient.userClasses[0] ?? '',
    rack: leaseClient.remoteId ?? '',
    port: leaseClient.circuitId ?? '',
  }
  return Object.fromEntries(templateWords.map((word) => [word, harmless(values[word])]))
}

function harmless(text: string): string {
  return text.slice(0, mostCharacters).replaceAll(/[^\w.:/@+-]/g, '_')
}
