import { BlockList, isIP } from 'node:net'

type Family = 'ipv4' | 'ipv6'

/** Where a request of the daemon could do harm: its own machine, its networks, and what routers do not carry. */
const refused: readonly (readonly [range: string, why: string])[] = [
  ['0.0.0.0/8', 'this machine itself'],
  ['127.0.0.0/8', 'this machine itself'],
  ['10.0.0.0/8', 'a private network'],
  ['172.16.0.0/12', 'a private network'],
  ['192.168.0.0/16', 'a private network'],
  ['100.64.0.0/10', 'a provider network'],
  ['169.254.0.0/16', 'a link-local address'],
  ['192.0.0.0/24', 'a reserved address'],
  ['192.0.2.0/24', 'a reserved address'],
  ['192.88.99.0/24', 'a reserved address'],
  ['198.18.0.0/15', 'a reserved address'],
  ['198.51.100.0/24', 'a reserved address'],
  ['203.0.113.0/24', 'a reserved address'],
  ['224.0.0.0/4', 'a multicast address'],
  ['240.0.0.0/4', 'a reserved address'],
  ['::/128', 'this machine itself'],
  ['::1/128', 'this machine itself'],
  ['fc00::/7', 'a private network'],
  ['fe80::/10', 'a link-local address'],
  ['ff00::/8', 'a multicast address'],
  // These carry an IPv4 address or are given out for other purposes (RFC 6890).
  ['2001::/23', 'a reserved address'],
  ['2001:db8::/32', 'a reserved address'],
  ['2002::/16', 'a reserved address'],
]

/** The only IPv6 addresses that are given out for everyone (RFC 4291 §2.4). */
const globalUnicast = rangesOf(['2000::/3'])
const refusedRanges = refused.map(([range, why]) => ({ why, range: rangesOf([range]) }))

/** Decides by address alone; names are resolved before. */
export class AddressGuard {
  readonly #allowed: BlockList

  /**
   * @param allowed addresses and networks (`10.1.0.0/16`) that are fetched from although they are private
   * @throws {RangeError} when one is neither
   */
  constructor(allowed: readonly string[]) {
    this.#allowed = rangesOf(allowed)
  }

  /** Why nothing is fetched from `address`; undefined when it is. */
  refusal(address: string): string | undefined {
    const version = isIP(address)
    if (version === 0) return 'no address'
    const family: Family = version === 4 ? 'ipv4' : 'ipv6'
    if (this.#allowed.check(address, family)) return undefined
    const found = refusedRanges.find(({ range }) => range.check(address, family))
    if (found !== undefined) return found.why
    return family === 'ipv4' || globalUnicast.check(address, 'ipv6')
      ? undefined
      : 'a reserved address'
  }
}

/** Whether `text` is an address, or a network such as `10.0.0.0/8`. */
export function isAddressRange(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return (
    prefix === undefined ||
    (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128))
  )
}

function rangesOf(texts: readonly string[]): BlockList {
  const list = new BlockList()
  for (const text of texts) {
    if (!isAddressRange(text)) throw new RangeError(`${text} is no address and no network`)
    const [address = '', prefix] = text.split('/')
    const family: Family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    list.addSubnet(
      address,
      prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix),
      family,
    )
  }
  return list
}
