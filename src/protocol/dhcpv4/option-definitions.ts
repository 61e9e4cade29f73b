/** How a person writes an option's value, and how it looks on the wire. */
export type OptionKind =
  | 'address'
  | 'addresses'
  | 'text'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'int32'
  | 'flag'
  | 'domain-names'
  | 'routes'
  | 'bytes'

export interface OptionDefinition {
  readonly code: number
  /** IANA's name in lower case. */
  readonly name: string
  readonly kind: OptionKind
}

const define = (code: number, name: string, kind: OptionKind): OptionDefinition => ({
  code,
  name,
  kind,
})

/** Options that an operator may set by name, RFC 2132 where nothing else is said. */
export const optionDefinitions: readonly OptionDefinition[] = [
  define(2, 'time-offset', 'int32'),
  define(3, 'routers', 'addresses'),
  define(4, 'time-servers', 'addresses'),
  define(6, 'domain-name-servers', 'addresses'),
  define(7, 'log-servers', 'addresses'),
  define(12, 'host-name', 'text'),
  define(15, 'domain-name', 'text'),
  define(17, 'root-path', 'text'),
  define(19, 'ip-forwarding', 'flag'),
  define(23, 'default-ip-ttl', 'uint8'),
  define(26, 'interface-mtu', 'uint16'),
  define(28, 'broadcast-address', 'address'),
  define(40, 'nis-domain', 'text'),
  define(41, 'nis-servers', 'addresses'),
  define(42, 'ntp-servers', 'addresses'),
  define(43, 'vendor-encapsulated-options', 'bytes'),
  define(44, 'netbios-name-servers', 'addresses'),
  define(60, 'vendor-class-identifier', 'text'),
  define(66, 'tftp-server-name', 'text'),
  define(67, 'boot-file-name', 'text'),
  // RFC 4833
  define(100, 'posix-timezone', 'text'),
  define(101, 'tzdb-timezone', 'text'),
  // RFC 8925
  define(108, 'ipv6-only-preferred', 'uint32'),
  // RFC 8910
  define(114, 'captive-portal', 'text'),
  // RFC 3397
  define(119, 'domain-search', 'domain-names'),
  // RFC 3442
  define(121, 'classless-static-routes', 'routes'),
  // RFC 5859
  define(150, 'tftp-server-addresses', 'addresses'),
  // RFC 5071
  define(208, 'pxelinux-magic', 'bytes'),
  define(209, 'configuration-file', 'text'),
  define(210, 'path-prefix', 'text'),
  define(211, 'reboot-time', 'uint32'),
  define(252, 'web-proxy-auto-discovery', 'text'),
]

/** Options that the server itself answers for: what an operator wrote there would break the protocol. */
const serversOwn: ReadonlySet<number> = new Set([
  0, 1, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 61, 77, 82, 93, 94, 97, 118, 255,
])

/** By name or by number; a number without a name takes bytes. Undefined when it is not the operator's to set. */
export function findOptionDefinition(nameOrCode: string): OptionDefinition | undefined {
  const code = /^\d{1,3}$/.test(nameOrCode) ? Number(nameOrCode) : undefined
  const known = optionDefinitions.find(
    (definition) => definition.name === nameOrCode || definition.code === code,
  )
  if (known !== undefined) return known
  if (code === undefined || code > 254 || serversOwn.has(code)) return undefined
  return define(code, nameOrCode, 'bytes')
}
