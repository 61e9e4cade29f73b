import { z } from 'zod'

import { readByteSize } from '../../base/byte-size.ts'
import { ipv4AddressSchema, macAddressSchema, nameSchema } from '../../contract/values.ts'
import { isAddressRange } from '../store/import/fetch/address-guard.ts'

const portSchema = z.number().int().min(1).max(65_535)
const reservationSchema = z.strictObject({
  macAddress: macAddressSchema,
  address: ipv4AddressSchema,
})

/** A raw ed25519 public key, as `repave key list` prints it. */
const publicKeySchema = z
  .string()
  .regex(/^[A-Za-z0-9+/]{43}=$/, 'expected 32 bytes of an ed25519 public key in base64')

const addressRangeSchema = z
  .string()
  .refine(isAddressRange, 'expected an IP address, or a network such as 10.1.0.0/16')

/** What stands behind the name of a hook: a webhook, or a program on this machine and its arguments. */
export const hookSchema = z.union(
  [
    z.strictObject({
      url: z.url({ protocol: /^https?$/, error: 'expected a URL with http or https' }),
      /** Sent along: a token of the other side, say. */
      headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), z.string().max(4096)).default({}),
    }),
    z.strictObject({ command: z.array(z.string().min(1)).min(1).max(64) }),
  ],
  'expected a url, or a command as a list of words',
)
export type HookSetting = z.infer<typeof hookSchema>

/** `auto`: a proxy where another server answers, else the server; `server`: the server, whoever answers. */
export const dhcpModes = ['auto', 'server', 'proxy', 'off'] as const

export const logLevels = ['debug', 'info', 'warn', 'error'] as const
export const logFormats = ['auto', 'json', 'pretty'] as const

/** `repave.yaml`. Whatever is absent comes from flags, the environment or a default. */
export const configFileSchema = z
  .strictObject({
    interface: z.string().min(1).max(15),
    address: ipv4AddressSchema,
    dataDir: z.string().min(1),
    contentDirs: z.array(z.string().min(1)),
    ipxeDir: z.string().min(1),
    dhcp: z
      .strictObject({
        mode: z.enum(dhcpModes),
        poolFirst: ipv4AddressSchema,
        poolLast: ipv4AddressSchema,
        leaseSeconds: z.number().int().min(60).max(2_592_000),
        router: ipv4AddressSchema,
        dnsServers: z.array(ipv4AddressSchema).max(8),
        domainName: z.string().regex(/^[a-z0-9.-]{1,253}$/i, 'expected a domain name'),
        reservations: z.array(reservationSchema).max(4096),
      })
      .partial(),
    ports: z
      .strictObject({
        dhcp: portSchema,
        tftp: portSchema,
        http: portSchema,
        operator: z.union([portSchema, z.literal('off')], 'expected a port or off'),
      })
      .partial(),
    events: z
      .strictObject({
        keepDays: z.number().int().min(1).max(36_500),
        keepLogDays: z.number().int().min(1).max(36_500),
      })
      .partial(),
    machines: z
      .strictObject({
        tls: z.boolean(),
        certificate: z.string().min(1),
        key: z.string().min(1),
      })
      .partial(),
    operators: z
      .strictObject({
        address: ipv4AddressSchema,
        tls: z.boolean(),
        certificate: z.string().min(1),
        key: z.string().min(1),
        names: z.array(z.string().regex(/^[a-z0-9.-]{1,253}$/i, 'expected a host name')).max(32),
        origins: z.array(z.url()).max(32),
      })
      .partial(),
    images: z
      .strictObject({
        maximumBytes: z.number().int().positive(),
        trustedKeys: z.array(publicKeySchema).max(64),
        allowUnsigned: z.boolean(),
        fetchFrom: z.array(addressRangeSchema).max(64),
        largestImageBytes: z.number().int().positive(),
        requireChecksum: z.boolean(),
      })
      .partial(),
    writes: z
      .strictObject({
        daemon: z.number().int().min(1).max(100_000),
        rack: z.number().int().min(1).max(100_000),
        image: z.number().int().min(1).max(100_000),
      })
      .partial(),
    newMachines: z.enum(['accept', 'approve']),
    hooks: z.record(nameSchema, hookSchema),
    logLevel: z.enum(logLevels),
    logFormat: z.enum(logFormats),
  })
  .partial()
export type ConfigFile = z.infer<typeof configFileSchema>

/** One value that a person can set, by its dotted key in `repave.yaml`. */
export interface Setting {
  readonly key: string
  /** Command line flag without `--`; absent where only the file can hold such a value. */
  readonly flag?: string
  readonly placeholder: string
  readonly description: string
  /** Text of a flag or a variable as the value that the file would hold. */
  readonly fromText: (text: string) => unknown
}

const text = (value: string) => value
const list = (value: string) => value.split(',').filter((item) => item !== '')
const number = (value: string) => (/^\d+$/.test(value) ? Number(value) : value)
const size = (value: string) => readByteSize(value) ?? value
const onOff = (value: string) =>
  ({ on: true, true: true, off: false, false: false })[value] ?? value

const setting = (
  key: string,
  flag: string,
  placeholder: string,
  description: string,
  fromText: (text: string) => unknown = text,
): Setting => ({ key, flag, placeholder, description, fromText })

/** Every setting, in the order in which `config explain` shows them. */
export const settings: readonly Setting[] = [
  setting('interface', 'interface', 'NAME', 'interface that faces the machines'),
  setting('address', 'address', 'IP', 'our address on it (default: its first)'),
  setting('dataDir', 'data-dir', 'DIR', 'where database, images and keys live'),
  setting('contentDirs', 'content', 'DIR[,DIR]', 'folders with workflows of your own', list),
  setting('ipxeDir', 'ipxe-dir', 'DIR', "where iPXE's boot programs are"),
  setting('dhcp.mode', 'dhcp', 'auto|server|proxy|off', 'auto: proxy beside another server'),
  setting('dhcp.poolFirst', 'pool-first', 'IP', 'first address to lend (default: upper half)'),
  setting('dhcp.poolLast', 'pool-last', 'IP', 'last address to lend'),
  setting('dhcp.leaseSeconds', 'lease-seconds', 'N', 'how long an address is lent', number),
  setting('dhcp.router', 'router', 'IP', 'default gateway of the machines'),
  setting('dhcp.dnsServers', 'dns', 'IP[,IP]', 'name servers of the machines', list),
  setting('dhcp.domainName', 'domain', 'NAME', 'their domain'),
  {
    key: 'dhcp.reservations',
    placeholder: 'LIST',
    description: 'fixed addresses by MAC address',
    fromText: text,
  },
  setting('ports.dhcp', 'dhcp-port', 'N', 'UDP port of DHCP', number),
  setting('ports.tftp', 'tftp-port', 'N', 'UDP port of TFTP', number),
  setting('ports.http', 'http-port', 'N', 'TCP port of boot files, images and agents', number),
  setting(
    'ports.operator',
    'operator-port',
    'N|off',
    'TCP port for operators with a token',
    number,
  ),
  setting('machines.tls', 'machine-tls', 'on|off', 'TLS for the agents on the HTTP port', onOff),
  setting('machines.certificate', 'machine-certificate', 'FILE', 'PEM, instead of our own'),
  setting('machines.key', 'machine-key', 'FILE', 'PEM, the key of that certificate'),
  setting('operators.address', 'operator-address', 'IP', 'where that port is (default: loopback)'),
  setting('operators.tls', 'operator-tls', 'on|off', 'TLS on it; off on loopback only', onOff),
  setting('operators.certificate', 'operator-certificate', 'FILE', 'PEM, instead of our own'),
  setting('operators.key', 'operator-key', 'FILE', 'PEM, the key of that certificate'),
  setting('operators.names', 'operator-names', 'NAME[,IP]', 'names in our own certificate', list),
  setting('operators.origins', 'operator-origins', 'URL[,URL]', 'web pages that may ask', list),
  setting(
    'images.maximumBytes',
    'images-max',
    'SIZE',
    'room for all images (default: the disk)',
    size,
  ),
  setting(
    'images.trustedKeys',
    'images-trust',
    'KEY[,KEY]',
    'daemons whose images are taken',
    list,
  ),
  setting(
    'images.allowUnsigned',
    'images-unsigned',
    'on|off',
    'take images that none signed',
    onOff,
  ),
  setting('images.fetchFrom', 'images-from', 'IP[,NET]', 'private addresses to import from', list),
  setting(
    'images.requireChecksum',
    'images-checked',
    'on|off',
    'import only with a checksum',
    onOff,
  ),
  setting('images.largestImageBytes', 'images-largest', 'SIZE', 'largest disk that is taken', size),
  setting('writes.daemon', 'writes', 'N', 'machines that may write at once', number),
  setting('writes.rack', 'writes-rack', 'N', 'of them, of one rack (label rack)', number),
  setting('writes.image', 'writes-image', 'N', 'of them, of one image', number),
  setting('newMachines', 'new-machines', 'accept|approve', 'approve: they wait for a person'),
  {
    key: 'hooks',
    placeholder: 'MAP',
    description: 'webhooks and commands that workflows may call',
    fromText: text,
  },
  setting('events.keepDays', 'events-keep', 'DAYS', 'how long events are kept', number),
  setting('events.keepLogDays', 'logs-keep', 'DAYS', 'how long logs of agents are', number),
  setting('logLevel', 'log-level', 'LEVEL', logLevels.join(', ')),
  setting('logFormat', 'log-format', 'FORMAT', logFormats.join(', ')),
]

/** `dhcp.poolFirst` → `REPAVE_DHCP_POOL_FIRST`. */
export function environmentName(key: string): string {
  return `REPAVE_${key
    .replaceAll('.', '_')
    .replaceAll(/(?=[A-Z])/g, '_')
    .toUpperCase()}`
}
