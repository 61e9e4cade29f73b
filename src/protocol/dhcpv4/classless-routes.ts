import { ipv4ToBytes, readIpv4Address } from '../../base/ipv4-address.ts'
import { networkMask } from '../../base/ipv4-network.ts'

/**
 * Routes as option 121 carries them, RFC 3442: prefix length, only as many bytes of the network as it
 * covers, router. Each is written `10.1.0.0/16 via 10.77.0.254`. Undefined when one is not, or when bits
 * behind the prefix are set.
 */
export function classlessRoutesValue(routes: readonly string[]): Uint8Array | undefined {
  const bytes: number[] = []
  for (const route of routes) {
    const [, network = '', prefix = '', via = ''] =
      /^([\d.]+)\/(\d{1,2}) via ([\d.]+)$/.exec(route.trim()) ?? []
    const address = readIpv4Address(network)
    const router = readIpv4Address(via)
    const prefixLength = Number(prefix)
    if (address === undefined || router === undefined || prefixLength > 32) return undefined
    const mask = ipv4ToBytes(networkMask({ address, prefixLength }))
    const destination = ipv4ToBytes(address)
    if (destination.some((byte, index) => (byte & ~(mask[index] ?? 0)) !== 0)) return undefined
    const significantBytes = Math.ceil(prefixLength / 8)
    bytes.push(prefixLength, ...destination.subarray(0, significantBytes), ...ipv4ToBytes(router))
  }
  return Uint8Array.from(bytes)
}
