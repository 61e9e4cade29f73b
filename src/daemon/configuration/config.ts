import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { messageOf } from '../../base/coded-error.ts'
import { type Ipv4Address, ipv4ToNumber } from '../../base/ipv4-address.ts'
import { type Ipv4Network, networkContains } from '../../base/ipv4-network.ts'
import type { MacAddress } from '../../base/mac-address.ts'
import type { NewMachines } from '../domain/machine/newcomer.ts'
import type { WriteLimits } from '../domain/workflow/write-turns.ts'
import { DocumentInvalidError } from '../store/content/document-fault.ts'
import { readYamlDocument } from '../store/content/yaml-document.ts'
import { defaultSettings } from './config-defaults.ts'
import {
  type HostInterface,
  InterfaceAddressError,
  InterfaceUnknownError,
} from './network-interfaces.ts'
import {
  ConfigInvalidError,
  type ResolvedSetting,
  type ResolvedSettings,
  resolveSettings,
} from './resolve-settings.ts'
import {
  type ConfigFile,
  configFileSchema,
  type dhcpModes,
  type HookSetting,
  type logFormats,
  type logLevels,
  settings,
} from './settings.ts'

/** Everything the daemon was told, checked as a whole. Frozen. */
export interface DaemonConfig {
  readonly interfaceName: string
  readonly address: Ipv4Address
  /** The interface's network that `address` is in. */
  readonly network: Ipv4Network
  readonly dataDir: string
  readonly contentDirs: readonly string[]
  /** Debian's package `ipxe` puts them into /usr/lib/ipxe. */
  readonly ipxeDir: string
  readonly dhcp: {
    readonly mode: (typeof dhcpModes)[number]
    readonly poolFirst: Ipv4Address
    readonly poolLast: Ipv4Address
    readonly leaseSeconds: number
    readonly router?: Ipv4Address
    readonly dnsServers: readonly Ipv4Address[]
    readonly domainName?: string
    readonly reservations: readonly {
      readonly macAddress: MacAddress
      readonly address: Ipv4Address
    }[]
  }
  readonly ports: {
    readonly dhcp: number
    readonly tftp: number
    readonly http: number
    readonly operator: number | 'off'
  }
  readonly events: { readonly keepDays: number; readonly keepLogDays: number }
  readonly machines: {
    /** On the HTTP port, beside plain HTTP. */
    readonly tls: boolean
    /** Files; both or none. */
    readonly certificate?: string
    readonly key?: string
  }
  readonly operators: {
    readonly address: Ipv4Address
    readonly tls: boolean
    /** Files; both or none. */
    readonly certificate?: string
    readonly key?: string
    readonly names: readonly string[]
    readonly origins: readonly string[]
  }
  readonly images: {
    readonly maximumBytes?: number
    readonly trustedKeys: readonly string[]
    readonly allowUnsigned: boolean
    readonly fetchFrom: readonly string[]
    readonly largestImageBytes: number
    readonly requireChecksum: boolean
  }
  /** How many machines may write at once. */
  readonly writes: WriteLimits
  readonly newMachines: NewMachines
  readonly hooks: Readonly<Record<string, HookSetting>>
  readonly logLevel: (typeof logLevels)[number]
  readonly logFormat: (typeof logFormats)[number]
}

/** What the surroundings say. */
export interface ConfigSources {
  readonly flags: Readonly<Record<string, string | undefined>>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly workingDirectory: string
  /** 0 for root. */
  readonly userId: number
  readonly interfaces: readonly HostInterface[]
}

/**
 * Every setting with its origin, defaults included: flag, environment, `repave.yaml`, built in.
 *
 * @throws {DocumentInvalidError} when the file is wrong
 * @throws {ConfigInvalidError} when a flag or variable is
 */
export function explainConfig(sources: ConfigSources): ResolvedSettings {
  const file = readConfigFile(sources)
  const given = resolveSettings({ ...sources, ...(file === undefined ? {} : { file }) })
  const all = new Map<string, ResolvedSetting>()
  const defaults = defaultSettings(given, sources)
  for (const { key } of settings) {
    const value = given.get(key) ?? defaults.get(key)
    if (value !== undefined) all.set(key, value)
  }
  return all
}

/**
 * The configuration to run with.
 *
 * @throws {InterfaceUnknownError} with the interfaces that exist
 * @throws {InterfaceAddressError} when the interface lacks the address
 * @throws {ConfigInvalidError} when values do not fit together
 */
export function readConfig(sources: ConfigSources): DaemonConfig {
  const resolved = explainConfig(sources)
  const { interfaceName, address, network } = whereWeServe(resolved, sources.interfaces)
  const document = documentOf(resolved)
  const absolute = (directory: string) => resolve(sources.workingDirectory, directory)
  const config: DaemonConfig = {
    ...document,
    interfaceName,
    address,
    network,
    dataDir: absolute(document.dataDir),
    contentDirs: document.contentDirs.map(absolute),
    ipxeDir: absolute(document.ipxeDir),
  }
  const faults = [
    ...(config.dhcp.mode !== 'off' ? dhcpFaults(config) : []),
    ...pairFaults('machines', config.machines),
    ...operatorFaults(config),
  ]
  if (faults.length > 0) throw new ConfigInvalidError(faults)
  return deepFreeze(config)
}

function readConfigFile({
  flags,
  workingDirectory,
}: ConfigSources): { readonly path: string; readonly content: ConfigFile } | undefined {
  const named = flags['config']
  const path = resolve(workingDirectory, named ?? 'repave.yaml')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (thrown) {
    if (named === undefined && (thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ConfigInvalidError([`${path}: ${messageOf(thrown)}`])
  }
  // An empty file, or one with nothing but comments, sets nothing.
  const reading = readYamlDocument(path, text, configFileSchema.nullable())
  if (!reading.ok) throw new DocumentInvalidError(reading.faults)
  return { path, content: reading.value ?? {} }
}

/** The dotted keys as the nested document that they are the paths of. Every key with a default is there. */
function documentOf(resolved: ResolvedSettings): Omit<DaemonConfig, 'interfaceName' | 'network'> {
  const document: Record<string, unknown> = {
    dhcp: {},
    ports: {},
    events: {},
    machines: {},
    operators: {},
    images: {},
    writes: {},
  }
  for (const [key, { value }] of resolved) {
    const [group = '', member] = key.split('.')
    if (key === 'interface') continue
    if (member === undefined) document[group] = value
    else (document[group] as Record<string, unknown>)[member] = value
  }
  return document as unknown as Omit<DaemonConfig, 'interfaceName' | 'network'>
}

function whereWeServe(resolved: ResolvedSettings, interfaces: readonly HostInterface[]) {
  const name = resolved.get('interface')?.value as string | undefined
  const found = interfaces.find((candidate) => candidate.name === name)
  if (name === undefined || found === undefined) {
    throw new InterfaceUnknownError(
      name,
      interfaces.map((candidate) => candidate.name),
    )
  }
  const wanted = resolved.get('address')?.value as string | undefined
  const own = found.addresses.find(({ address }) => address === wanted)
  if (own === undefined) {
    throw new InterfaceAddressError(
      name,
      wanted,
      found.addresses.map(({ address }) => address),
    )
  }
  return { interfaceName: name, ...own }
}

function dhcpFaults({ dhcp, network, address }: DaemonConfig): readonly string[] {
  const faults: string[] = []
  const shown = `${network.address}/${network.prefixLength}`
  const inside = (key: string, value: Ipv4Address) => {
    if (!networkContains(network, value)) faults.push(`${key}: ${value} is not in ${shown}`)
  }
  inside('dhcp.poolFirst', dhcp.poolFirst)
  inside('dhcp.poolLast', dhcp.poolLast)
  if (dhcp.router !== undefined) inside('dhcp.router', dhcp.router)
  for (const reservation of dhcp.reservations) inside('dhcp.reservations', reservation.address)
  if (ipv4ToNumber(dhcp.poolFirst) > ipv4ToNumber(dhcp.poolLast)) {
    faults.push(`dhcp.poolFirst: ${dhcp.poolFirst} lies behind dhcp.poolLast ${dhcp.poolLast}`)
  }
  if (dhcp.poolFirst === dhcp.poolLast && dhcp.poolFirst === address) {
    faults.push(`dhcp.poolFirst: the network ${shown} has no address left to lend`)
  }
  return faults
}

/** Tokens never travel where others can read them. */
function operatorFaults({ operators, ports }: DaemonConfig): readonly string[] {
  if (ports.operator === 'off') return []
  const { address, tls } = operators
  const isOpen = !tls && !address.startsWith('127.')
  return [
    ...(isOpen ? [`operators.tls: off is for loopback addresses, not for ${address}`] : []),
    ...pairFaults('operators', operators),
  ]
}

function pairFaults(
  group: 'machines' | 'operators',
  { certificate, key }: { readonly certificate?: string; readonly key?: string },
): readonly string[] {
  if ((certificate === undefined) === (key === undefined)) return []
  return [`${group}.certificate and ${group}.key: one needs the other`]
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member)
    Object.freeze(value)
  }
  return value
}
